package ghcrtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// caller returns the credential of an API request, or nil if the request is
// anonymous. The token follows the scheme "Bearer" or "token", or the token is the
// password of the scheme "Basic".
func (s *Server) caller(r *http.Request) (*Credential, *apiError) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, nil
	}
	_, secret, basic := r.BasicAuth()
	if !basic {
		_, secret, _ = strings.Cut(header, " ")
	}
	if c := s.state.credential(secret); c != nil {
		return c, nil
	}
	return nil, &apiError{http.StatusUnauthorized, "Bad credentials"}
}

// tokenHeaders sets the headers that describe the token. Only the response to a classic
// token has X-OAuth-Scopes. The value of X-OAuth-Scopes can be empty. Clients recognize
// classic tokens by the header X-OAuth-Scopes (docs/ghcr.md, Kinds of token).
func (c *apiCall) tokenHeaders() {
	if c.caller != nil && c.caller.Kind == ClassicPAT {
		c.w.Header().Set("X-OAuth-Scopes", strings.Join(c.caller.Scopes, ", "))
		c.w.Header().Set("X-Accepted-OAuth-Scopes", "")
	}
}

// sso returns the refusal of an organization that enforces SAML, or nil.
func (c *apiCall) sso(owner string) *apiError {
	if c.caller == nil || c.caller.Kind != ClassicPAT || !containsFold(c.caller.NoSSO, owner) {
		return nil
	}
	c.w.Header().Set("X-GitHub-SSO", fmt.Sprintf("required; url=%s/orgs/%s/sso?authorization_request=A1B2C3", base(c.r), owner))
	return forbidden(textSAML)
}

// checkAccess returns nil if the caller has permission to use the package endpoints,
// and otherwise a refusal. If the token does not have a scope, the message contains
// the scope and the action. An example is "You need at least read:packages scope to
// get a package".
func (c *apiCall) checkAccess(owner, scope, act string) *apiError {
	switch {
	case c.caller == nil:
		return &apiError{http.StatusUnauthorized, "Requires authentication"}
	case c.caller.Kind == FineGrainedPAT:
		return forbidden(textNotFineGrained)
	case c.caller.Kind == ActionsToken && c.caller.Packages == None:
		return forbidden(textNotIntegration)
	case c.caller.Kind == ClassicPAT && !c.scoped(scope):
		c.w.Header().Set("X-Accepted-OAuth-Scopes", scope)
		return forbidden(fmt.Sprintf("You need at least %s scope to %s.", scope, act))
	}
	return c.sso(owner)
}

// scoped reports whether a classic token has a scope. The scope write:packages
// includes read:packages.
func (c *apiCall) scoped(scope string) bool {
	return slices.Contains(c.caller.Scopes, scope) ||
		scope == "read:packages" && slices.Contains(c.caller.Scopes, "write:packages")
}
