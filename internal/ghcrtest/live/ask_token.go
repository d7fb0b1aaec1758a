package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

var tokenQuestions = []question{
	{"token-answer", "Which fields does the answer of /token have, and is the token a JWT?", askTokenAnswer},
	{"token-scopes", "Does one token serve several scopes, one of them for a package that does not exist?", askTokenScopes},
	{"raw-bearer", "Is base64(GITHUB_TOKEN) accepted as bearer, without a visit to /token?", askRawBearer},
	{"token-lifetime", "How long does a token of /token work?", askTokenLifetime},
}

func askTokenAnswer(ctx context.Context, v *visit) error {
	token, a, err := v.exchangeToken(ctx, false, v.Existing+":pull")
	if err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(a.body, &fields); err == nil {
		v.note("fields", strings.Join(slices.Sorted(maps.Keys(fields)), " "))
		v.note("expires_in", string(fields["expires_in"]))
	}
	v.note("status", a.says())
	v.note("looks like a JWT", yesNo(strings.Count(token, ".") == 2))
	return nil
}

func askTokenScopes(ctx context.Context, v *visit) error {
	token, a, err := v.exchangeToken(ctx, false, v.Existing+":pull", v.Fresh+":pull,push")
	v.note("status", a.says())
	if err != nil || token == "" {
		return err
	}
	read, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Existing, "tags/list"), auth: "Bearer " + token})
	if err != nil {
		return err
	}
	v.note("reads the first", read.says())
	write, err := v.session(ctx, "Bearer "+token, v.Fresh, "")
	v.note("may push the second", write.says())
	return err
}

func askRawBearer(ctx context.Context, v *visit) error {
	raw := "Bearer " + encode(v.token)
	read, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Existing, "tags/list"), auth: raw})
	if err != nil {
		return err
	}
	v.note("reading", read.says())
	write, err := v.session(ctx, raw, v.Existing, "")
	v.note("pushing", write.says())
	return err
}

// askTokenLifetime watches one token until it is refused or patience ends.
func askTokenLifetime(ctx context.Context, v *visit) error {
	if v.patience == 0 {
		v.note("accepted until", "not asked")
		return nil
	}
	auth, err := v.bearer(ctx, v.Existing+":pull")
	if err != nil {
		return err
	}
	start, status := time.Now(), http.StatusOK
	for status == http.StatusOK && time.Since(start) < v.patience {
		if err := pause(ctx, min(30*time.Second, v.patience/4)); err != nil {
			return err
		}
		a, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Existing, "tags/list"), auth: auth})
		if err != nil {
			return err
		}
		status = a.status
		v.note("accepted until", time.Since(start).Round(time.Second).String())
		v.note("then", a.says())
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
