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

// v2 returns the URL below /v2/ for a part of a package, such as "manifests/latest".
func (v *survey) v2(pkg, rest string) string { return v.Registry + "/v2/" + pkg + "/" + rest }

// exchangeToken requests a token from /token for scopes such as "acme/web:pull,push".
// exchangeToken sends the job's token, or no credentials if anonymous is true.
func (v *survey) exchangeToken(ctx context.Context, anonymous bool, scopes ...string) (string, answer, error) {
	query := url.Values{"service": {"ghcr.io"}}
	for _, scope := range scopes {
		query.Add("scope", "repository:"+scope)
	}
	auth := ""
	if !anonymous {
		auth = "Basic " + encode("live:"+v.token)
		v.hide("live:" + v.token)
	}
	// The method "call" records the response of /token before this function has read
	// the token from the response. The method "excerpt" therefore redacts the field "token" of every
	// response.
	a, err := v.call(ctx, request{method: http.MethodGet, url: v.Registry + "/token?" + query.Encode(), auth: auth})
	if err != nil {
		return "", a, err
	}
	var got struct {
		Token string `json:"token"`
	}
	if a.status == http.StatusOK {
		if err := json.Unmarshal(a.body, &got); err != nil || got.Token == "" {
			return "", a, errors.New("the response of /token contains no token")
		}
		v.hide(got.Token)
	}
	return got.Token, a, nil
}

// bearer returns the value of an Authorization header for the given scopes, or an
// error if /token refuses the request.
func (v *survey) bearer(ctx context.Context, scopes ...string) (string, error) {
	token, a, err := v.exchangeToken(ctx, false, scopes...)
	if err == nil && token == "" {
		err = fmt.Errorf("/token responds with %s", a.summary())
	}
	return "Bearer " + token, err
}

// location returns the URL for the next request of an upload session. The Location
// header can be relative and can have its own query.
func (v *survey) location(a answer, query url.Values) (string, error) {
	base, err := url.Parse(v.Registry)
	if err != nil {
		return "", fmt.Errorf("parsing %q: %w", v.Registry, err)
	}
	next, err := base.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		return "", errors.New("the upload session has no usable Location")
	}
	if next.Host != base.Host {
		return "", fmt.Errorf("the upload session continues on another host, %q", next.Host)
	}
	all := next.Query()
	for name, values := range query {
		all[name] = values
	}
	next.RawQuery = all.Encode()
	return next.String(), nil
}

// openUpload opens an upload session.
func (v *survey) openUpload(ctx context.Context, auth, pkg, query string) (answer, error) {
	return v.call(ctx, request{method: http.MethodPost, url: v.v2(pkg, "blobs/uploads/"+query), auth: auth})
}

// packageURL returns the REST URL of a package. The package's name is one segment
// of the path.
func (v *survey) packageURL(ctx context.Context, pkg, rest string) (string, error) {
	owner, name, _ := strings.Cut(pkg, "/")
	base, err := v.ownerURL(ctx, owner)
	return base + "/packages/container/" + url.PathEscape(name) + rest, err
}

// ownerURL returns the REST URL of a package's owner, which depends on the owner's type.
func (v *survey) ownerURL(ctx context.Context, owner string) (string, error) {
	if v.owners == "" {
		a, err := v.rest(ctx, http.MethodGet, v.API+"/users/"+owner, nil)
		if err != nil {
			return "", err
		}
		var account struct{ Type string }
		if err := json.Unmarshal(a.body, &account); err != nil {
			return "", fmt.Errorf("decoding the account %q: %w", owner, err)
		}
		v.owners = "users"
		if account.Type == "Organization" {
			v.owners = "orgs"
		}
	}
	return v.API + "/" + v.owners + "/" + owner, nil
}

// rest sends a request to the REST API with the job's token.
func (v *survey) rest(ctx context.Context, method, address string, body []byte) (answer, error) {
	return v.call(ctx, request{method: method, url: address, auth: "Bearer " + v.token, body: body, header: map[string]string{
		"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
	}})
}
