package github

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// TokenStatus is the status of a token that GitHub's API reports.
type TokenStatus struct {
	// Scoped is true if the token is a classic token or an OAuth token,
	// because only these tokens have scopes. Other tokens have permissions,
	// which GitHub's API does not report (docs/ghcr.md, Kinds of token).
	Scoped bool
	// Scopes lists the scopes of a scoped token.
	Scopes []string
	// Expires is the time at which the token expires. If the time is not
	// known, Expires is zero.
	Expires time.Time
	// Invalid is true if the API rejects the token, because the token is expired,
	// revoked or truncated.
	Invalid bool
	// ServerTime is the time on the clock of the server. If the time is not
	// known, ServerTime is zero.
	ServerTime time.Time
}

// TokenStatus reads the status of the token of the client. GitHub does not
// count the request for the rate limit of the token.
func (c *Client) TokenStatus(ctx context.Context) (TokenStatus, error) {
	header, err := c.callWithHeader(ctx, http.MethodGet, "rate_limit", nil, nil)
	status := TokenStatus{ServerTime: date(header)}
	if IsRejected(err) {
		status.Invalid = true
		return status, nil
	}
	if err != nil {
		return status, err
	}
	for _, line := range header.Values("X-OAuth-Scopes") {
		status.Scoped = true // The header also exists if a classic token has no scopes, and its value is then empty.
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

// SSOURL returns the URL of the page on which the owner of the token
// authorizes the token for the single sign-on of an organization. If the
// token needs no authorization, SSOURL returns "". The URL is valid for one
// hour (docs/ghcr.md, Kinds of token).
func (c *Client) SSOURL(ctx context.Context, organization string) string {
	header, _ := c.callWithHeader(ctx, http.MethodGet, "orgs/"+url.PathEscape(organization), nil, nil) // The error is ignored, because only the header of the response is needed.
	rest, required := strings.CutPrefix(header.Get("X-GitHub-SSO"), "required; url=")
	page, err := url.Parse(strings.TrimSpace(rest))
	if !required || err != nil || page.Host == "" || page.Scheme != "https" && !strings.HasPrefix(rest, c.server+"/") {
		return ""
	}
	return page.String()
}

// DeletionTokenURL returns the URL of the page on which a user creates a classic token
// that may delete and restore package versions. The URL contains the scopes.
func (c *Client) DeletionTokenURL() string {
	return c.server + "/settings/tokens/new?scopes=write:packages,delete:packages&description=ghcr-publish"
}

// NewTokenURL returns the URL of the page on which a user creates a classic
// token. The URL contains the scope write:packages, so that the page selects
// only this scope. If the user selects write:packages on the page, the page
// also selects the scope repo, which publishing does not need.
func (c *Client) NewTokenURL() string {
	return c.server + "/settings/tokens/new?scopes=write:packages&description=ghcr-publish"
}
