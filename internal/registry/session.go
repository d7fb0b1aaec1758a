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

	network "github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
)

// Access is the access to a repository that a run needs.
type Access string

// A token scope contains one of two kinds of access (distribution token scope
// documentation, "actions").
const (
	Pull Access = "pull"
	Push Access = "pull,push"
)

// session holds the scheme, the credentials, the challenge and the tokens of one
// registry host.
type session struct {
	client *Client
	reg    name.Registry

	mu           sync.Mutex
	started      bool
	scheme       string
	auth         authn.Authenticator
	config       authn.AuthConfig
	challenge    *transport.Challenge // If the challenge is unknown, the field "challenge" is nil, and the client assumes that the realm is /token.
	assumedRealm bool                 // assumedRealm is true if the client assumed the challenge and did not read it from the registry.
	realmChanged bool                 // realmChanged is true if the registry rejects tokens of the assumed realm.
	expected     map[string]Access
	grants       map[string]*grant
	singleScope  map[string]bool // singleScope lists the repositories for which the registry refused a token with several scopes.
	unanswered   map[string]bool // unanswered lists the kinds of authentication requests that got no usable answer in all attempts.
	rawRejected  bool            // rawRejected is true if the registry rejects the secret as bearer token (Options.RawBearer).

	uploads *limiter
	origin  network.Origin // origin records whether the registry is in the public network.

	answersMu sync.Mutex
	answers   map[string]int64 // answers contains the number of successful requests of each kind.
	written   map[string]bool  // written lists the repositories for which the registry accepted a write.

	pauseMu     sync.Mutex
	pausedUntil time.Time
	pauseCause  error
}

func newSession(reg name.Registry, c *Client) *session {
	return &session{
		client: c, reg: reg, uploads: newLimiter(),
		expected: map[string]Access{}, grants: map[string]*grant{}, singleScope: map[string]bool{}, unanswered: map[string]bool{}, answers: map[string]int64{}, written: map[string]bool{},
	}
}

// grant contains a value of the header Authorization. The value is usually a
// token. A nil grant means that the registry requires no authentication.
type grant struct {
	header   string
	access   Access
	issued   time.Time
	expires  time.Time // expires is zero if the token does not expire.
	shared   bool      // shared is true if the token covers several repositories.
	raw      bool      // raw is true if the header contains the secret itself (Options.RawBearer).
	accepted atomic.Bool
}

// markAccepted records that the registry accepted the grant, if err is nil or
// the status is 404.
func (g *grant) markAccepted(err error) {
	if g != nil && (err == nil || IsNotFound(err)) {
		g.accepted.Store(true)
	}
}

func (g *grant) age() time.Duration {
	switch {
	case g == nil || g.issued.IsZero():
		return 0
	case g.raw: // After status 403, the client requests a new token only if the old token is old enough. A registry that rejects the raw secret sends this status without a challenge (docs/ghcr.md, Token endpoint).
		return time.Hour
	}
	return time.Since(g.issued)
}

func (g *grant) covers(a Access) bool {
	return g != nil && (g.access == Push || g.access == a) && (g.expires.IsZero() || time.Now().Before(g.expires))
}

func (s *session) expect(repo string, a Access) {
	if s.expected[repo] != Push {
		s.expected[repo] = a
	}
}

// start finds the scheme and the credentials of a session once. The caller must
// hold s.mu.
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
	if s.scheme, err = s.findScheme(ctx); err != nil {
		return err
	}
	s.started = true
	return nil
}

// repeat sends an authentication request until the request succeeds. If all
// attempts of an earlier request of the same kind failed, repeat makes only one
// attempt. With more attempts, each request of the run would wait again for the
// same server. The caller must hold s.mu.
func (s *session) repeat(ctx context.Context, kind string, try func(n attempt) (permanent bool, err error)) error {
	failed := 0
	if s.unanswered[kind] {
		failed = maxAttempts - 1
	}
	var err error
	s.unanswered[kind], err = s.client.retry.repeatAfter(ctx, failed, try)
	return err
}

// findScheme returns "https", or "http" for a loopback host that uses plain
// HTTP.
func (s *session) findScheme(ctx context.Context) (string, error) {
	addr, local := loopback(s.reg.RegistryStr())
	if !local {
		return "https", nil
	}
	plain := false
	err := s.repeat(ctx, "scheme", func(n attempt) (permanent bool, err error) {
		plain, err = s.client.transports.plainHTTP(ctx, addr)
		if err != nil && n.number == 1 { // A second connection often succeeds without a wait.
			plain, err = s.client.transports.plainHTTP(ctx, addr)
		}
		if err != nil {
			err = &unreachableError{&networkError{addr, err}}
		}
		return false, err
	})
	if err != nil || !plain {
		return "https", err
	}
	return "http", nil
}

// loopback reports whether the host is this machine, and returns the address of the host
// with its port. Without an explicit setting, the client uses plain HTTP only for a
// loopback host.
func loopback(host string) (addr string, ok bool) {
	h, port, err := net.SplitHostPort(host)
	if err != nil {
		h, port = host, "443"
	}
	ip, err := netip.ParseAddr(h)
	ok = h == "localhost" || (err == nil && ip.IsLoopback())
	return net.JoinHostPort(h, port), ok
}

// address returns the host with its port for Preconnect.
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

// authenticate adds the credentials to a request. authenticate adds no
// credentials if the request does not go to the registry's host with the
// registry's scheme. An upload location on another host gets no credentials.
func (s *session) authenticate(req *http.Request, g *grant) {
	if g != nil && s.isHome(req.URL) {
		req.Header.Set("Authorization", g.header)
	}
}

// withoutDefaultPort removes the default port of the scheme. Some registries
// behind a proxy write the default port into the header Location
// (https://HOST:443/…).
func (s *session) withoutDefaultPort(host string) string {
	return strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[s.scheme])
}

// discard removes a grant that the registry refused. If the registry never
// accepted the grant, the cause of the refusal can be another scope of the grant
// or the assumed realm. For such a grant, the client requests the next token for
// a single scope, or from the realm of the challenge.
func (s *session) discard(repo string, g *grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g == nil {
		return
	}
	s.rawRejected = s.rawRejected || g.raw
	if s.grants[repo] == g {
		delete(s.grants, repo)
	}
	if g.accepted.Load() || g.raw {
		return
	}
	if g.shared {
		s.singleScope[repo] = true
	}
	if s.assumedRealm {
		s.challenge, s.assumedRealm, s.realmChanged = nil, false, true
	}
}

// pause delays all requests of the session, because a rate limit applies to all requests
// to a host. The argument "cause" is the response that reported the rate limit.
func (s *session) pause(d time.Duration, cause error) {
	s.pauseMu.Lock()
	defer s.pauseMu.Unlock()
	if until := time.Now().Add(d); until.After(s.pausedUntil) {
		s.pausedUntil, s.pauseCause = until, cause
	}
}

// countAnswer counts a successful request.
func (s *session) countAnswer(k call) {
	s.answersMu.Lock()
	defer s.answersMu.Unlock()
	s.answers[kindOf(k.operation)]++
	if k.access == Push {
		s.written[k.repo.RepositoryStr()] = true
	}
}

// answersTo returns the number of successful requests of one kind.
func (s *session) answersTo(kind string) int64 {
	s.answersMu.Lock()
	defer s.answersMu.Unlock()
	return s.answers[kind]
}

// acceptedWrite reports whether the registry accepted a write to a repository.
func (s *session) acceptedWrite(repo string) bool {
	s.answersMu.Lock()
	defer s.answersMu.Unlock()
	return s.written[repo]
}

func (s *session) waitForPause(ctx context.Context, r retrier) error {
	s.pauseMu.Lock()
	d, cause := time.Until(s.pausedUntil), s.pauseCause
	s.pauseMu.Unlock()
	if d <= 0 {
		return nil
	}
	return r.wait(ctx, d, cause)
}
