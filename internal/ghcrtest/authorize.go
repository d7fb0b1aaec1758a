package ghcrtest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// placeholderScope is what the challenge of /v2/ names, literally: it is no
// repository and must not be asked for (docs/ghcr.md, Token endpoint).
const placeholderScope = "repository:user/image:pull"

// challenge is the 401 of a request without a usable token.
func (s *Server) challenge(r *http.Request, name string, push bool) *refusal {
	scope := placeholderScope
	switch {
	case name != "" && push:
		scope = "repository:" + name + ":pull,push"
	case name != "":
		scope = "repository:" + name + ":pull"
	}
	why := refuse(http.StatusUnauthorized, "UNAUTHORIZED", textAuthRequired)
	why.challenge = fmt.Sprintf(`Bearer realm="%s/token",service="%s",scope="%s"`, base(r), r.Host, scope)
	return why
}

// authorize finds the grant of a request to a repository, or says why not.
// It looks at the token only; what its owner may do is policy.go's part.
func (s *Server) authorize(r *http.Request, name string, push bool) (*grant, *refusal) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		return nil, s.challenge(r, name, push)
	}
	g := s.grants.find(token)
	if g == nil {
		g = s.direct(token)
	}
	switch {
	case g == nil:
		return nil, denied(textDenied) // garbage gets no challenge
	case g.credential != nil && s.world.credential(g.credential.Secret) == nil:
		why := s.challenge(r, name, push)
		why.errors[0].Message = textUnauthentic // revoked in the meantime; docs/ghcr.md, Refused: unknown token
		return nil, why
	case !g.everything && s.now().After(g.expires), name != "" && !g.allows(name, push):
		return nil, s.challenge(r, name, push)
	}
	return g, nil
}

// direct is the shortcut past /token: base64(secret) or base64(user:secret)
// as the bearer.
func (s *Server) direct(token string) *grant {
	if !s.world.answers.DirectBearer {
		return nil
	}
	plain, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil
	}
	c := s.world.credential(string(plain))
	if _, secret, found := strings.Cut(string(plain), ":"); c == nil && found {
		c = s.world.credential(secret)
	}
	if c == nil {
		return nil
	}
	return &grant{credential: c, everything: true}
}

// servePing is GET /v2/.
func (s *Server) servePing(w http.ResponseWriter, r *http.Request) {
	if _, why := s.authorize(r, "", false); why != nil {
		why.write(w, r)
		return
	}
	writeJSON(w, r, http.StatusOK, struct{}{})
}

// reader authorizes a read of a repository and asks the policy.
func (s *Server) reader(r *http.Request, name string, gone *refusal) *refusal {
	g, why := s.authorize(r, name, false)
	if why != nil {
		return why
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.mayPull(g.credential, name, g.allows(name, true), gone)
}

// writer authorizes a write and asks the policy; the credential it returns is
// never nil.
func (s *Server) writer(r *http.Request, name string) (*grant, *refusal) {
	g, why := s.authorize(r, name, true)
	if why != nil {
		return nil, why
	}
	if g.credential == nil {
		return nil, denied(textAccessDenied)
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if why := s.world.mayPush(g.credential, name); why != nil {
		return nil, why
	}
	return g, nil
}
