package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// v2 is the address of something in a package.
func (v *visit) v2(pkg, rest string) string { return v.Registry + "/v2/" + pkg + "/" + rest }

// exchangeToken asks /token for scopes such as "acme/web:pull,push", as nobody or with
// the job's token.
func (v *visit) exchangeToken(ctx context.Context, anonymous bool, scopes ...string) (string, answer, error) {
	query := url.Values{"service": {"ghcr.io"}}
	for _, scope := range scopes {
		query.Add("scope", "repository:"+scope)
	}
	auth := ""
	if !anonymous {
		auth = "Basic " + encode("live:"+v.token)
		v.hide("live:" + v.token)
	}
	// The token in the answer is not known yet when the answer is recorded, so it
	a, err := v.call(ctx, request{method: http.MethodGet, url: v.Registry + "/token?" + query.Encode(), auth: auth})
	if err != nil {
		return "", a, err
	}
	var got struct {
		Token string `json:"token"`
	}
	if a.status == http.StatusOK {
		if err := json.Unmarshal(a.body, &got); err != nil || got.Token == "" {
			return "", a, errors.New("the answer of /token holds no token")
		}
		v.hide(got.Token)
	}
	return got.Token, a, nil
}

// bearer is a header for one package, or an error if none is to be had.
func (v *visit) bearer(ctx context.Context, scopes ...string) (string, error) {
	token, a, err := v.exchangeToken(ctx, false, scopes...)
	if err == nil && token == "" {
		err = fmt.Errorf("/token answers %s", a.says())
	}
	return "Bearer " + token, err
}

// location is where an upload session is to be continued: the header may be
// relative, and holds a query of its own.
func (v *visit) location(a answer, query url.Values) (string, error) {
	base, err := url.Parse(v.Registry)
	if err != nil {
		return "", fmt.Errorf("parsing %q: %w", v.Registry, err)
	}
	next, err := base.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		return "", errors.New("an upload session without a usable Location")
	}
	if next.Host != base.Host {
		return "", fmt.Errorf("the upload session moves to %q", next.Host)
	}
	all := next.Query()
	for name, values := range query {
		all[name] = values
	}
	next.RawQuery = all.Encode()
	return next.String(), nil
}

// session opens an upload session.
func (v *visit) session(ctx context.Context, auth, pkg, query string) (answer, error) {
	return v.call(ctx, request{method: http.MethodPost, url: v.v2(pkg, "blobs/uploads/"+query), auth: auth})
}

// packageURL is the REST address of a package; a name in it is one segment.
func (v *visit) packageURL(ctx context.Context, pkg, rest string) (string, error) {
	owner, name, _ := strings.Cut(pkg, "/")
	base, err := v.ownerURL(ctx, owner)
	return base + "/packages/container/" + url.PathEscape(name) + rest, err
}

// ownerURL is the REST address of a package's owner, which is of one of two kinds.
func (v *visit) ownerURL(ctx context.Context, owner string) (string, error) {
	if v.owners == "" {
		a, err := v.rest(ctx, http.MethodGet, v.API+"/users/"+owner, nil)
		if err != nil {
			return "", err
		}
		var account struct{ Type string }
		if err := json.Unmarshal(a.body, &account); err != nil {
			return "", fmt.Errorf("decoding who %q is: %w", owner, err)
		}
		v.owners = "users"
		if account.Type == "Organization" {
			v.owners = "orgs"
		}
	}
	return v.API + "/" + v.owners + "/" + owner, nil
}

// rest calls the REST API with the job's token.
func (v *visit) rest(ctx context.Context, method, address string, body []byte) (answer, error) {
	return v.call(ctx, request{method: method, url: address, auth: "Bearer " + v.token, body: body, header: map[string]string{
		"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
	}})
}
