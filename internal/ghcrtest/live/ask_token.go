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
	{"token-answer", "Which fields does the response of /token have, and is the token a JWT?", askTokenAnswer},
	{"token-scopes", "Is one token valid for several scopes, if the package of one scope does not exist?", askTokenScopes},
	{"raw-bearer", "Does the registry accept base64(GITHUB_TOKEN) as a bearer token, without a request to /token?", askRawBearer},
	{"token-lifetime", "How long is a token of /token valid?", askTokenLifetime},
}

func askTokenAnswer(ctx context.Context, v *survey) error {
	token, a, err := v.exchangeToken(ctx, false, v.Existing+":pull")
	if err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(a.body, &fields); err == nil {
		v.note("fields", strings.Join(slices.Sorted(maps.Keys(fields)), " "))
		v.note("expires_in", string(fields["expires_in"]))
	}
	v.note("status", a.summary())
	v.note("looks like a JWT", yesNo(strings.Count(token, ".") == 2))
	return nil
}

func askTokenScopes(ctx context.Context, v *survey) error {
	token, a, err := v.exchangeToken(ctx, false, v.Existing+":pull", v.Fresh+":pull,push")
	v.note("status", a.summary())
	if err != nil || token == "" {
		return err
	}
	read, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Existing, "tags/list"), auth: "Bearer " + token})
	if err != nil {
		return err
	}
	v.note("reads the first", read.summary())
	write, err := v.openUpload(ctx, "Bearer "+token, v.Fresh, "")
	v.note("may push the second", write.summary())
	return err
}

func askRawBearer(ctx context.Context, v *survey) error {
	raw := "Bearer " + encode(v.token)
	read, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Existing, "tags/list"), auth: raw})
	if err != nil {
		return err
	}
	v.note("reading", read.summary())
	write, err := v.openUpload(ctx, raw, v.Existing, "")
	v.note("pushing", write.summary())
	return err
}

// askTokenLifetime uses one token until the registry refuses it or the time limit is
// reached.
func askTokenLifetime(ctx context.Context, v *survey) error {
	if v.lifetime == 0 {
		v.note("accepted until", "not asked")
		return nil
	}
	auth, err := v.bearer(ctx, v.Existing+":pull")
	if err != nil {
		return err
	}
	start, status := time.Now(), http.StatusOK
	for status == http.StatusOK && time.Since(start) < v.lifetime {
		if err := pause(ctx, min(30*time.Second, v.lifetime/4)); err != nil {
			return err
		}
		a, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Existing, "tags/list"), auth: auth})
		if err != nil {
			return err
		}
		status = a.status
		v.note("accepted until", time.Since(start).Round(time.Second).String())
		v.note("then", a.summary())
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
