package ghcrtest

import (
	"net/http"
	"slices"
)

// serveToken is GET /token (docs/ghcr.md, Token endpoint). A token is given out
// even where pushing is not allowed: only the upload session decides that.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		unsupported().write(w, r)
		return
	}
	scopes, ok := parseScopes(r.URL.Query()["scope"])
	if !ok {
		denied(textDenied).write(w, r) // a name without an owner; docs/ghcr.md, Refused: denied
		return
	}
	g, why := s.grantFor(r, scopes)
	if why != nil {
		why.write(w, r)
		return
	}
	g.scopes, g.expires = scopes, s.now().Add(s.tokenTTL)
	// Nothing but the token: no expires_in, no issued_at, no access_token.
	writeJSON(w, r, http.StatusOK, map[string]string{"token": s.grants.issue(g, s.now())})
}

// grantFor looks at who asks. The user name says nothing, only the password
// does.
func (s *Server) grantFor(r *http.Request, scopes map[string]access) (*grant, *refusal) {
	_, secret, basic := r.BasicAuth()
	if !basic && r.Header.Get("Authorization") != "" {
		return nil, s.challenge(r, "", false) // a raw bearer token; docs/ghcr.md, Refused: authentication required
	}
	if !basic {
		return &grant{}, s.world.mayAskAnonymously(scopes)
	}
	c := s.world.credential(secret)
	if c == nil {
		return nil, s.wrongSecret(scopes)
	}
	return &grant{credential: c}, s.world.mayAsk(c, scopes)
}

func (s *Server) wrongSecret(scopes map[string]access) *refusal {
	if s.world.answers.WrongSecretAsAnonymous {
		if why := s.world.mayAskAnonymously(scopes); why != nil {
			return why
		}
	}
	return denied(textDenied)
}

// mayAskAnonymously decides by docs/ghcr.md, Refused: anonymous access: no
// token for pushing, nor for a repository that is not public or not there.
func (w *world) mayAskAnonymously(scopes map[string]access) *refusal {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, a := range scopes {
		p := w.find(name)
		if a.push || p == nil || w.role(nil, p) < Read || !p.lag.anonymousSees() {
			return denied(textAccessDenied)
		}
	}
	return nil
}

// mayAsk is where [Answers.AllOrNothing] bites. A name that is asked for
// pushing may well be absent.
func (w *world) mayAsk(c *Credential, scopes map[string]access) *refusal {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.answers.AllOrNothing {
		return nil
	}
	for name, a := range scopes {
		p := w.find(name)
		if p == nil && !a.push || p != nil && w.role(c, p) < Read {
			return denied(textAccessDenied)
		}
	}
	return nil
}

// scopeList is the scopes of a token request, sorted, for the record.
func scopeList(r *http.Request) []string {
	scopes := slices.Clone(r.URL.Query()["scope"])
	slices.Sort(scopes)
	return scopes
}
