package registry

import (
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// Options configure a Client. The zero value works: anonymous, system TLS
// roots, real clock.
type Options struct {
	// Keychain finds the credentials of a registry host; nil is anonymous.
	Keychain authn.Keychain
	// UserAgent is sent with every request.
	UserAgent string
	// Base replaces the network, for tests and for custom CAs. It is cloned:
	// once for small requests and once for bodies.
	Base *http.Transport
	// Trace, if set, hears of every request after its answer, also of failed
	// attempts. It is called from many goroutines.
	Trace func(Exchange)
	// RawBearer sends base64 of the secret as bearer token at once, which
	// saves the token request. ghcr.io accepts it for PATs; for GITHUB_TOKEN
	// that is not proven (docs/ghcr.md, Token endpoint), so it is off by default.
	RawBearer bool
	// StallTimeout ends an attempt in which no byte moved for so long; zero
	// is one minute.
	StallTimeout time.Duration
	// Sleep waits between attempts; tests replace it. Nil waits for real.
	Sleep Sleeper
	// Waiting, if set, is told of waits of five seconds and more before they
	// begin: how long, and after what. It is called from many goroutines.
	Waiting func(d time.Duration, cause error)
	// Now tells how long an upload took; tests replace it. Nil is time.Now.
	Now func() time.Time
}

// Client talks to registries for one run. It keeps one authenticated session
// a host and is safe for concurrent use.
type Client struct {
	opts  Options
	wire  *wire
	retry retrier
	Meter *Meter

	mu       sync.Mutex
	sessions map[string]*session
	stranger *Client // see Anonymous
}

func (c *Client) now() time.Time {
	if c.opts.Now != nil {
		return c.opts.Now()
	}
	return time.Now()
}

// New returns a client. Close it to let its connections go.
func New(opts Options) *Client {
	if opts.Keychain == nil {
		opts.Keychain = anonymous{}
	}
	if opts.StallTimeout == 0 {
		opts.StallTimeout = time.Minute
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "ghcr-publish"
	}
	meter := &Meter{trace: opts.Trace}
	return &Client{
		opts:     opts,
		wire:     newWire(opts.Base),
		retry:    retrier{sleep: opts.Sleep, tell: opts.Waiting},
		Meter:    meter,
		sessions: map[string]*session{},
	}
}

// Anonymous returns the client that never sends credentials, as a stranger
// would come to the registry. It shares connections and the meter with c, but
// no session; it is always the same one, so that a token it got is used again.
func (c *Client) Anonymous() *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stranger == nil {
		opts := c.opts
		opts.Keychain = anonymous{}
		opts.RawBearer = false
		c.stranger = &Client{opts: opts, wire: c.wire, retry: c.retry, Meter: c.Meter, sessions: map[string]*session{}}
	}
	return c.stranger
}

// Warm opens up to n connections for bodies to the repository's host ahead of
// time, so that their handshakes overlap with the requests before the bodies.
// It returns at once, and reports nothing: a connection that fails is opened
// again when it is needed.
func (c *Client) Warm(repo name.Repository, n int) {
	if addr, encrypted := c.session(repo.Registry).address(); encrypted && n > 0 {
		c.wire.warm.open(addr, min(n, firstBodies))
	}
}

// Close closes idle connections.
func (c *Client) Close() { c.wire.close() }

// Expect names a repository the run will use and what for, so that the first
// token asked for on its host already covers it.
func (c *Client) Expect(repo name.Repository, access Access) {
	s := c.session(repo.Registry)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expect(repo.RepositoryStr(), access)
}

func (c *Client) session(reg name.Registry) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	host := reg.RegistryStr()
	s := c.sessions[host]
	if s == nil {
		s = newSession(reg, c)
		c.sessions[host] = s
	}
	return s
}

// anonymous is the keychain of a stranger.
type anonymous struct{}

func (anonymous) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }
