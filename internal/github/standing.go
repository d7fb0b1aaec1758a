package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// Standing is what the API says of the token itself.
type Standing struct {
	// Scoped says that the token has scopes: a classic or an OAuth token.
	// Others have permissions, which nobody can read (docs/ghcr.md, Kinds of token).
	Scoped bool
	Scopes []string
	// Expires is when the token ends; zero if nobody said.
	Expires time.Time
	// Dead says that the API does not know the token: expired, revoked or cut
	// short.
	Dead bool
	// Date is the server's clock; zero if it has none.
	Date time.Time
}

// Token asks for the standing of the client's token, by a request that costs
// nothing of its rate.
func (c *Client) Token(ctx context.Context) (Standing, error) {
	header, err := c.ask(ctx, http.MethodGet, "rate_limit", nil, nil)
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response.StatusCode == http.StatusUnauthorized {
		return Standing{Dead: true, Date: date(header)}, nil
	}
	if err != nil {
		return Standing{Date: date(header)}, err
	}
	s := Standing{Date: date(header)}
	for _, line := range header.Values("X-OAuth-Scopes") {
		s.Scoped = true // also where it is empty
		s.Scopes = append(s.Scopes, strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	// GitHub writes a zone by name or by offset.
	for _, form := range []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
		if at, err := time.Parse(form, header.Get("GitHub-Authentication-Token-Expiration")); err == nil {
			s.Expires = at
		}
	}
	return s, nil
}

// Writes reports whether the scopes allow publishing.
func (s Standing) Writes() bool { return slices.Contains(s.Scopes, "write:packages") }

// Beyond lists the scopes that publishing has no use for.
func (s Standing) Beyond() []string {
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

// SSO asks an organization whether it wants the token authorised first, and
// returns the page where its owner does that; "" if it wants nothing. The page
// is good for an hour (docs/ghcr.md, Kinds of token).
func (c *Client) SSO(ctx context.Context, organization string) string {
	header, _ := c.ask(ctx, http.MethodGet, "orgs/"+url.PathEscape(organization), nil, nil) // only the header says it
	rest, required := strings.CutPrefix(header.Get("X-GitHub-SSO"), "required; url=")
	page, err := url.Parse(strings.TrimSpace(rest))
	if !required || err != nil || page.Host == "" || page.Scheme != "https" && !strings.HasPrefix(rest, c.server+"/") {
		return ""
	}
	return page.String()
}

// NewTokenURL is the page that makes a classic token, with the one scope that
// publishing needs filled in. (Ticked there by hand, that scope brings repo
// with it.)
func (c *Client) NewTokenURL() string {
	return c.server + "/settings/tokens/new?scopes=write:packages&description=ghcr-publish"
}
