package ghcrtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// caller reads who calls the API: the raw token as Bearer, token or the
// password of Basic. Nobody is fine for what is public.
func (s *Server) caller(r *http.Request) (*Credential, *apiError) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, nil
	}
	_, secret, basic := r.BasicAuth()
	if !basic {
		_, secret, _ = strings.Cut(header, " ")
	}
	if c := s.world.credential(secret); c != nil {
		return c, nil
	}
	return nil, &apiError{http.StatusUnauthorized, "Bad credentials"}
}

// hourly is how many requests an hour a caller has (docs/ghcr.md, Package API
// and GITHUB_TOKEN).
func (c *apiCall) hourly() int {
	switch {
	case c.by == nil:
		return 60
	case c.by.Kind == ActionsToken:
		return 1000
	default:
		return 5000
	}
}

// limits sets the headers every answer has. X-OAuth-Scopes is there for classic
// tokens only, be it empty: that is how they are told apart (docs/ghcr.md,
// Kinds of token).
func (c *apiCall) limits() {
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(c.hourly()))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(c.hourly()-1))
	h.Set("X-RateLimit-Resource", "core")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	if c.by != nil && c.by.Kind == ClassicPAT {
		h.Set("X-OAuth-Scopes", strings.Join(c.by.Scopes, ", "))
		h.Set("X-Accepted-OAuth-Scopes", "")
	}
}

// rateLimit is GET /rate_limit, which costs nothing.
func (c *apiCall) rateLimit() *apiError {
	core := map[string]any{
		"limit": c.hourly(), "remaining": c.hourly() - 1, "used": 1,
		"reset": time.Now().Add(time.Hour).Unix(), "resource": "core",
	}
	return c.reply(map[string]any{"resources": map[string]any{"core": core}, "rate": core})
}

// sso is the refusal of an organization with SAML, or nil.
func (c *apiCall) sso(owner string) *apiError {
	if c.by == nil || c.by.Kind != ClassicPAT || !holds(c.by.NoSSO, owner) {
		return nil
	}
	c.w.Header().Set("X-GitHub-SSO", fmt.Sprintf("required; url=%s/orgs/%s/sso?authorization_request=A1B2C3", base(c.r), owner))
	return forbidden(textSAML)
}

// maySee is what a caller needs before any package endpoint. scope and act
// complete "You need at least read:packages scope to get a package."
func (c *apiCall) maySee(owner, scope, act string) *apiError {
	switch {
	case c.by == nil:
		return &apiError{http.StatusUnauthorized, "Requires authentication"}
	case c.by.Kind == FineGrainedPAT:
		return forbidden(textNotFineGrained)
	case c.by.Kind == ActionsToken && c.by.Packages == None:
		return forbidden(textNotIntegration)
	case c.by.Kind == ClassicPAT && !c.scoped(scope):
		return forbidden(fmt.Sprintf("You need at least %s scope to %s.", scope, act))
	}
	return c.sso(owner)
}

// scoped reports whether a classic token has a scope; writing includes
// reading.
func (c *apiCall) scoped(scope string) bool {
	return slices.Contains(c.by.Scopes, scope) ||
		scope == "read:packages" && slices.Contains(c.by.Scopes, "write:packages")
}
