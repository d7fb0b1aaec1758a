package registry

import (
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Options configure a Client. The zero value is valid: requests are then anonymous,
// and the client uses the system's TLS roots and the real clock.
type Options struct {
	// Keychain finds the credentials of a registry host. If nil, all requests
	// are anonymous.
	Keychain authn.Keychain
	// UserAgent is sent with every request.
	UserAgent string
	// Base replaces the default transport, for tests and for other CAs. The client
	// makes two clones of Base, one for small requests and one for bodies.
	Base *http.Transport
	// Trace, if set, receives every request after its response. Failed attempts are
	// included. Trace is called from many goroutines.
	Trace func(Exchange)
	// RawBearer is true to send base64 of the secret as bearer token, without a token
	// request. ghcr.io accepts such a bearer token for personal access tokens. The
	// default is false, because this is unproven for GITHUB_TOKEN (docs/ghcr.md, Token
	// endpoint).
	RawBearer bool
	// IdleTimeout is the time after which a first attempt ends if no byte is sent or
	// received. Later attempts wait longer, and large bodies get more time
	// (docs/how-it-works.md, Waiting for an answer). Zero is 20 seconds.
	IdleTimeout time.Duration
	// Sleep waits between attempts. If nil, it uses the real clock.
	Sleep retry.Sleeper
	// OnWait, if set, is called before each wait of five seconds or more. It receives
	// the wait and the cause of the wait. It is called from many goroutines.
	OnWait func(d time.Duration, cause error)
	// OnSilence, if set, is called if a server sends no byte during half of the idle
	// timeout. silent is the time without a byte, and left is the time until the
	// attempt ends. It is called from many goroutines.
	OnSilence func(host, operation string, silent, left time.Duration)
	// Now returns the time, to measure an upload. If nil, the client uses time.Now.
	Now func() time.Time
}

// Client sends requests to registries for one run. It keeps one authenticated
// session per host and is safe for concurrent use.
type Client struct {
	opts       Options
	transports *transports
	retry      retrier
	// Counters counts the requests of the client and of its anonymous client.
	Counters *Counters

	mu              sync.Mutex
	sessions        map[string]*session
	early           map[string][]*EarlyUpload // upload sessions that no blob uses yet, by repository
	anonymousClient *Client                   // see Anonymous
	accepted        *accepted
}

func (c *Client) now() time.Time {
	if c.opts.Now != nil {
		return c.opts.Now()
	}
	return time.Now()
}

// New returns a client. Call Close to close its connections.
func New(opts Options) *Client {
	if opts.Keychain == nil {
		opts.Keychain = anonymousKeychain{}
	}
	if opts.IdleTimeout == 0 {
		opts.IdleTimeout = defaultIdleTimeout
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "ghcr-publish"
	}
	return &Client{
		opts:       opts,
		transports: newTransports(opts.Base),
		retry:      retrier{sleep: opts.Sleep, onWait: opts.OnWait},
		Counters:   &Counters{trace: opts.Trace},
		sessions:   map[string]*session{},
		early:      map[string][]*EarlyUpload{},
		accepted:   &accepted{},
	}
}

// Anonymous returns a client that never sends credentials. This client shares the
// connections and the counters of c, but has separate sessions. Each call returns
// the same client, so that the tokens of this client are used again.
func (c *Client) Anonymous() *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.anonymousClient == nil {
		opts := c.opts
		opts.Keychain = anonymousKeychain{}
		opts.RawBearer = false
		c.anonymousClient = &Client{opts: opts, transports: c.transports, retry: c.retry, Counters: c.Counters, sessions: map[string]*session{}, accepted: c.accepted}
	}
	return c.anonymousClient
}

// Preconnect opens at most n connections to the repository's host, which transfer bodies
// later, so that the handshakes run in parallel with earlier requests. It returns immediately.
// It reports no errors, because a request opens a new connection if the early
// connection failed.
func (c *Client) Preconnect(repo name.Repository, n int) {
	if addr, encrypted := c.session(repo.Registry).address(); encrypted && n > 0 {
		c.transports.preconnector.open(addr, min(n, initialUploads))
	}
}

// Close closes idle connections.
func (c *Client) Close() { c.transports.close() }

// Expect announces that the run will use a repository. The first token for
// the host then includes this repository in its scope.
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

// anonymousKeychain has no credentials for any registry.
type anonymousKeychain struct{}

func (anonymousKeychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.Anonymous, nil
}
