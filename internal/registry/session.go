package registry

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Access is what a repository is used for.
type Access string

// The two kinds of access that token scopes know (distribution token scope
// documentation, "actions").
const (
	Pull Access = "pull"
	Push Access = "pull,push"
)

// session is the standing of one run at one registry host: scheme, way of
// authentication, tokens.
type session struct {
	client *Client
	reg    name.Registry

	mu        sync.Mutex
	started   bool
	scheme    string
	auth      authn.Authenticator
	config    authn.AuthConfig
	challenge *transport.Challenge // nil: not asked, /token is tried unprompted
	guessed   bool                 // challenge is our own guess
	misled    bool                 // the guess gave tokens that nothing takes
	expected  map[string]Access
	grants    map[string]*grant
	alone     map[string]bool // repositories whose part in a shared token was refused
	rawOff    bool

	bodies *gate // how many bodies are under way

	pauseMu sync.Mutex
	until   time.Time
	why     error // that the session pauses
}

func newSession(reg name.Registry, c *Client) *session {
	return &session{
		client: c, reg: reg, bodies: newGate(),
		expected: map[string]Access{}, grants: map[string]*grant{}, alone: map[string]bool{},
	}
}

// grant is a token, or another value of the Authorization header, and when it
// was given. A nil grant is no authentication.
type grant struct {
	header  string
	access  Access
	born    time.Time
	expires time.Time // zero: never
	shared  bool      // covers several repositories
	raw     bool      // the secret itself, see Options.RawBearer
	worked  atomic.Bool
}

// learn notes that the registry has taken the grant.
func (g *grant) learn(err error) {
	if g != nil && (err == nil || (IsAbsent(err) && !IsRefused(err))) {
		g.worked.Store(true)
	}
}

func (g *grant) age() time.Duration {
	switch {
	case g == nil || g.born.IsZero():
		return 0
	case g.raw: // refused without a challenge where it is not taken (docs/ghcr.md, Token endpoint)
		return time.Hour
	}
	return time.Since(g.born)
}

func (g *grant) covers(a Access) bool {
	return g != nil && (g.access == Push || g.access == a) && (g.expires.IsZero() || time.Now().Before(g.expires))
}

func (s *session) expect(repo string, a Access) {
	if s.expected[repo] != Push {
		s.expected[repo] = a
	}
}

// start finds out scheme and credentials, once. The lock is held.
func (s *session) start(ctx context.Context) error {
	if s.started {
		return nil
	}
	auth, err := s.client.opts.Keychain.Resolve(s.reg)
	if err != nil {
		return err
	}
	config, err := authn.Authorization(ctx, auth)
	if err != nil {
		return err
	}
	s.auth, s.config = auth, *config
	s.scheme = "https"
	if addr, ok := loopback(s.reg.RegistryStr()); ok && s.client.wire.plainHTTP(ctx, addr) {
		s.scheme = "http"
	}
	s.started = true
	return nil
}

// loopback tells whether the host is this machine, the one place where plain
// HTTP is spoken without being asked for, and gives its address with port.
func loopback(host string) (addr string, ok bool) {
	h, port, err := net.SplitHostPort(host)
	if err != nil {
		h, port = host, "443"
	}
	ip, err := netip.ParseAddr(h)
	ok = h == "localhost" || (err == nil && ip.IsLoopback())
	return net.JoinHostPort(h, port), ok
}

// address is host:port, for opening connections ahead of time.
func (s *session) address() (addr string, tls bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	addr, _ = loopback(s.reg.RegistryStr())
	return addr, s.scheme == "https"
}

func (s *session) endpoint(repo name.Repository, path string) *url.URL {
	path, query, _ := strings.Cut(path, "?")
	return &url.URL{Scheme: s.scheme, Host: s.reg.RegistryStr(), Path: "/v2/" + repo.RepositoryStr() + "/" + path, RawQuery: query}
}

// sign adds the credentials, to the registry's own host and scheme alone: an
// upload location elsewhere gets none.
func (s *session) sign(req *http.Request, g *grant) {
	if g != nil && req.URL.Scheme == s.scheme && s.portless(req.URL.Host) == s.portless(s.reg.RegistryStr()) {
		req.Header.Set("Authorization", g.header)
	}
}

// portless leaves the scheme's own port out: behind a proxy some registries
// name it in their locations (https://HOST:443/…).
func (s *session) portless(host string) string {
	return strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[s.scheme])
}

// forget drops a token that was refused. One that never worked is not asked
// for again in the same way: it may be the company of other repositories that
// spoilt it, or the place where it was asked for.
func (s *session) forget(repo string, g *grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g == nil {
		return
	}
	s.rawOff = s.rawOff || g.raw
	if s.grants[repo] == g {
		delete(s.grants, repo)
	}
	if g.worked.Load() || g.raw {
		return
	}
	if g.shared {
		s.alone[repo] = true
	}
	if s.guessed {
		s.challenge, s.guessed, s.misled = nil, false, true
	}
}

// pause makes the whole session wait: a host that throttles one request
// throttles all. Why is what it said.
func (s *session) pause(d time.Duration, why error) {
	s.pauseMu.Lock()
	defer s.pauseMu.Unlock()
	if until := time.Now().Add(d); until.After(s.until) {
		s.until, s.why = until, why
	}
}

func (s *session) paused(ctx context.Context, r retrier) error {
	s.pauseMu.Lock()
	d, why := time.Until(s.until), s.why
	s.pauseMu.Unlock()
	if d <= 0 {
		return nil
	}
	return r.wait(ctx, d, why)
}
