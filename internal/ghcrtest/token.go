package ghcrtest

import (
	"net/http"
	"slices"
)

// serveToken serves GET /token (docs/ghcr.md, Token endpoint). serveToken issues a
// token even if the credential has no permission to push. The registry then refuses
// the upload session later.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		unsupported().write(w, r)
		return
	}
	scopes, ok := parseScopes(r.URL.Query()["scope"])
	if !ok {
		denied(textDenied).write(w, r) // The name has no owner (docs/ghcr.md, Refused: denied).
		return
	}
	g, refused := s.grantFor(r, scopes)
	if refused != nil {
		refused.write(w, r)
		return
	}
	g.scopes, g.expires = scopes, s.now().Add(s.tokenTTL)
	// The response of /token has only the field "token". The fields "expires_in",
	// "issued_at" and "access_token" are absent, as in the responses of ghcr.io.
	writeJSON(w, r, http.StatusOK, map[string]string{"token": s.grants.issue(g, s.now())})
}

// grantFor returns a grant for the credential of the request. grantFor reads only the
// password and ignores the user name.
func (s *Server) grantFor(r *http.Request, scopes map[string]access) (*grant, *refusal) {
	_, secret, basic := r.BasicAuth()
	if !basic && r.Header.Get("Authorization") != "" {
		// The request contains a bearer token that is not encoded (docs/ghcr.md,
		// Refused: authentication required).
		return nil, s.challenge(r, "", false)
	}
	if !basic {
		return &grant{}, s.state.checkAnonymous(scopes)
	}
	c := s.state.credential(secret)
	if c == nil {
		return nil, s.wrongSecret(scopes)
	}
	return &grant{credential: c}, s.state.checkScopes(c, scopes)
}

func (s *Server) wrongSecret(scopes map[string]access) *refusal {
	if s.state.answers.WrongSecretAsAnonymous {
		if refused := s.state.checkAnonymous(scopes); refused != nil {
			return refused
		}
	}
	return denied(textDenied)
}

// checkAnonymous returns the refusal of an anonymous token request, or nil (docs/ghcr.md,
// Refused: anonymous access). The server refuses a token for a push, and a token for a
// repository that is missing or not public.
func (w *state) checkAnonymous(scopes map[string]access) *refusal {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, a := range scopes {
		p := w.findLocked(name)
		if a.push || p == nil || w.roleLocked(nil, p) < Read || !p.lag.anonymousSees() {
			return denied(textAccessDenied)
		}
	}
	return nil
}

// checkScopes applies [Answers.AllOrNothing]. If the scope contains the action
// "push", the package is possibly missing.
func (w *state) checkScopes(c *Credential, scopes map[string]access) *refusal {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.answers.AllOrNothing {
		return nil
	}
	for name, a := range scopes {
		p := w.findLocked(name)
		if p == nil && !a.push || p != nil && w.roleLocked(c, p) < Read {
			return denied(textAccessDenied)
		}
	}
	return nil
}

// scopeList returns the sorted scopes of a token request for the record.
func scopeList(r *http.Request) []string {
	scopes := slices.Clone(r.URL.Query()["scope"])
	slices.Sort(scopes)
	return scopes
}
