package ghcrtest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

// grant is what a token of /token stands for.
type grant struct {
	credential *Credential // nil for an anonymous token
	scopes     map[string]access
	everything bool // a direct bearer, which never named scopes
	expires    time.Time
}

// access is the actions of one scope.
type access struct{ pull, push bool }

// allows reports whether the token was asked for this.
func (g *grant) allows(name string, push bool) bool {
	if g.everything {
		return true
	}
	a := g.scopes[name]
	return a.push && push || a.pull && !push
}

// grants are the tokens given out. Expired ones stay known for a while,
// because the service tells them from garbage: 401 against 403.
type grants struct {
	mu     sync.Mutex
	tokens map[string]*grant
}

// keepExpired is how long an expired token is remembered.
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

// parseScopes reads the scope parameters of /token: repeated, separated by
// spaces, or both. ok is false for a repository name the registry cannot
// have. Scopes of other types than repository are ignored.
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
