package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// TokenStatus is the status of the client's token, as GitHub's API reports it.
type TokenStatus struct {
	// Scoped is true if the token is a classic or an OAuth token, because these tokens
	// have scopes. Other tokens have permissions, and GitHub's API does not report
	// them (docs/ghcr.md, Kinds of token).
	Scoped bool
	// Scopes lists the scopes of a scoped token.
	Scopes []string
	// Expires is the time at which the token expires, or zero if unknown.
	Expires time.Time
	// Invalid is true if the API rejects the token, because the token is expired,
	// revoked or truncated.
	Invalid bool
	// ServerTime is the time on the server's clock, or zero if unknown.
	ServerTime time.Time
}

// TokenStatus reads the status of the client's token. The request does not
// count against the token's rate limit.
func (c *Client) TokenStatus(ctx context.Context) (TokenStatus, error) {
	header, err := c.callWithHeader(ctx, http.MethodGet, "rate_limit", nil, nil)
	status := TokenStatus{ServerTime: date(header)}
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response.StatusCode == http.StatusUnauthorized {
		status.Invalid = true
		return status, nil
	}
	if err != nil {
		return status, err
	}
	for _, line := range header.Values("X-OAuth-Scopes") {
		status.Scoped = true // for a token without scopes, the header is empty
		status.Scopes = append(status.Scopes, strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	// GitHub writes the time zone as a name or as an offset.
	for _, form := range []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
		if at, err := time.Parse(form, header.Get("GitHub-Authentication-Token-Expiration")); err == nil {
			status.Expires = at
		}
	}
	return status, nil
}

// UnneededScopes lists the scopes that publishing does not need.
func (s TokenStatus) UnneededScopes() []string {
	var out []string
	for _, scope := range s.Scopes {
		if !strings.HasSuffix(scope, ":packages") {
			out = append(out, scope)
		}
	}
	return out
}

func date(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// SSOURL asks an organization whether the token needs authorization by single
// sign-on. It returns the URL of the page where the token's owner authorizes the
// token, or "" if no authorization is needed. The page is valid for one hour
// (docs/ghcr.md, Kinds of token).
func (c *Client) SSOURL(ctx context.Context, organization string) string {
	header, _ := c.callWithHeader(ctx, http.MethodGet, "orgs/"+url.PathEscape(organization), nil, nil) // only the header is needed
	rest, required := strings.CutPrefix(header.Get("X-GitHub-SSO"), "required; url=")
	page, err := url.Parse(strings.TrimSpace(rest))
	if !required || err != nil || page.Host == "" || page.Scheme != "https" && !strings.HasPrefix(rest, c.server+"/") {
		return ""
	}
	return page.String()
}

// NewTokenURL returns the URL of the page that creates a classic token. The URL
// selects the scope that publishing needs. If a user selects this scope on the page
// instead, the page also selects the scope repo.
func (c *Client) NewTokenURL() string {
	return c.server + "/settings/tokens/new?scopes=write:packages&description=ghcr-publish"
}
