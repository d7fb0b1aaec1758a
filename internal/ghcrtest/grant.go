package ghcrtest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

// grant contains the rights of a token of /token.
type grant struct {
	credential *Credential // If credential is nil, the token is anonymous.
	scopes     map[string]access
	// allScopes is true for a bearer token that /token did not issue, because such a
	// token has no scopes.
	allScopes bool
	expires   time.Time
}

// access contains the actions of one scope.
type access struct{ pull, push bool }

// The method "allows" reports whether the token request contained an action for a
// repository. The action is "push" if the argument "push" is true, and "pull" if it is
// false.
func (g *grant) allows(name string, push bool) bool {
	if g.allScopes {
		return true
	}
	a := g.scopes[name]
	return a.push && push || a.pull && !push
}

// grants are the issued tokens. The server remembers expired tokens for some time,
// because the service answers an expired token with 401 and an unknown token with
// 403.
type grants struct {
	mu     sync.Mutex
	tokens map[string]*grant
}

// keepExpired is the time for which the server remembers an expired token.
const keepExpired = time.Hour

func (g *grants) issue(granted *grant, now time.Time) string {
	token := base64.StdEncoding.EncodeToString([]byte("v1:" + rand.Text() + ":" + rand.Text()))
	g.mu.Lock()
	defer g.mu.Unlock()
	for known, old := range g.tokens {
		if now.After(old.expires.Add(keepExpired)) {
			delete(g.tokens, known)
		}
	}
	g.tokens[token] = granted
	return token
}

func (g *grants) find(token string) *grant {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tokens[token]
}

// parseScopes parses the scope parameters of /token. A request can have several scope
// parameters, and each parameter can contain several scopes with spaces between them.
// The result "ok" is false if a repository name is not valid. parseScopes ignores every
// scope whose type is not "repository".
func parseScopes(parameters []string) (scopes map[string]access, ok bool) {
	scopes = map[string]access{}
	for _, scope := range strings.Fields(strings.Join(parameters, " ")) {
		rest, found := strings.CutPrefix(scope, "repository:")
		if !found {
			continue
		}
		at := strings.LastIndex(rest, ":")
		if at < 0 || !validName(rest[:at]) {
			return nil, false
		}
		name, a := rest[:at], scopes[rest[:at]]
		for action := range strings.SplitSeq(rest[at+1:], ",") {
			a.pull = a.pull || action == "pull" || action == "*"
			a.push = a.push || action == "push" || action == "*"
		}
		scopes[name] = a
	}
	return scopes, true
}
