package ghcrtest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// placeholderScope is the literal scope in the challenge of /v2/. The placeholder
// does not name a repository, and clients must not request it (docs/ghcr.md, Token
// endpoint).
const placeholderScope = "repository:user/image:pull"

// challenge returns the refusal with status 401 for a request without a usable
// token.
func (s *Server) challenge(r *http.Request, name string, push bool) *refusal {
	scope := placeholderScope
	switch {
	case name != "" && push:
		scope = "repository:" + name + ":pull,push"
	case name != "":
		scope = "repository:" + name + ":pull"
	}
	refused := refuse(http.StatusUnauthorized, CodeUnauthorized, textAuthRequired)
	refused.challenge = fmt.Sprintf(`Bearer realm="%s/token",service="%s",scope="%s"`, base(r), r.Host, scope)
	return refused
}

// authorize returns the grant of a request to a repository, or a refusal. authorize
// checks only the token. The functions of policy.go check the role of the credential.
func (s *Server) authorize(r *http.Request, name string, push bool) (*grant, *refusal) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		return nil, s.challenge(r, name, push)
	}
	g := s.grants.find(token)
	if g == nil {
		g = s.directGrant(token)
	}
	switch {
	case g == nil:
		return nil, denied(textDenied) // The response to an unknown token has no challenge.
	case g.credential != nil && s.state.credential(g.credential.Secret) == nil:
		refused := s.challenge(r, name, push)
		// The credential was revoked after the token was issued (docs/ghcr.md,
		// Refused: unknown token).
		refused.errors[0].Message = textUnauthentic
		return nil, refused
	case !g.allScopes && s.now().After(g.expires), name != "" && !g.allows(name, push):
		return nil, s.challenge(r, name, push)
	}
	return g, nil
}

// directGrant returns the grant of a bearer token that /token did not issue. The
// bearer token is base64(secret) or base64(user:secret).
func (s *Server) directGrant(token string) *grant {
	if !s.state.answers.DirectBearer {
		return nil
	}
	plain, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil
	}
	c := s.state.credential(string(plain))
	if _, secret, found := strings.Cut(string(plain), ":"); c == nil && found {
		c = s.state.credential(secret)
	}
	if c == nil {
		return nil
	}
	return &grant{credential: c, allScopes: true}
}

// servePing serves GET /v2/.
func (s *Server) servePing(w http.ResponseWriter, r *http.Request) {
	if _, refused := s.authorize(r, "", false); refused != nil {
		refused.write(w, r)
		return
	}
	writeJSON(w, r, http.StatusOK, struct{}{})
}

// authorizeRead authorizes a read of a repository and checks the policy.
func (s *Server) authorizeRead(r *http.Request, name string, missing *refusal) *refusal {
	g, refused := s.authorize(r, name, false)
	if refused != nil {
		return refused
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.mayPullLocked(g.credential, name, g.allows(name, true), missing)
}

// authorizeWrite authorizes a write to a repository and checks the policy. A
// returned grant always has a credential.
func (s *Server) authorizeWrite(r *http.Request, name string) (*grant, *refusal) {
	g, refused := s.authorize(r, name, true)
	if refused != nil {
		return nil, refused
	}
	if g.credential == nil {
		return nil, denied(textAccessDenied)
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if refused := s.state.mayPushLocked(g.credential, name); refused != nil {
		return nil, refused
	}
	return g, nil
}
