package registry

import (
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Options configure a Client. The zero value is valid. With the zero value,
// requests are anonymous, and the client uses the system's root certificates and
// the real clock.
type Options struct {
	// Keychain finds the credentials of a registry host. If nil, all requests
	// are anonymous.
	Keychain authn.Keychain
	// UserAgent is the value of the header User-Agent in every request.
	UserAgent string
	// Base replaces the default transport in tests, and for other certificate
	// authorities. The client makes two clones of Base, one for small requests
	// and one for bodies.
	Base *http.Transport
	// Trace, if set, receives every request after its response. Trace also
	// receives failed attempts. Several goroutines can call Trace at the same
	// time.
	Trace func(Exchange)
	// If RawBearer is true, the client makes no token request, and sends the
	// secret in base64 as the bearer token. ghcr.io accepts such a bearer token
	// for personal access tokens. The default is false, because no test has
	// shown that ghcr.io also accepts GITHUB_TOKEN in this form (docs/ghcr.md,
	// Token endpoint).
	RawBearer bool
	// IdleTimeout is the time without any sent or received byte after which the
	// first attempt of a request ends. The timeout is longer for later attempts
	// and for large bodies (docs/how-it-works.md, Waiting for an answer). If
	// zero, the idle timeout is 20 seconds.
	IdleTimeout time.Duration
	// Sleep waits between attempts. If nil, the client waits on the real clock.
	Sleep retry.Sleeper
	// The client calls OnWait, if set, before each wait of five seconds or more.
	// OnWait receives the length and the cause of the wait. Several goroutines
	// can call OnWait at the same time.
	OnWait func(d time.Duration, cause error)
	// The client calls OnSilence, if set, after a server sent no byte during half of the
	// idle timeout. The argument "silent" is the time without a byte, and the argument
	// "left" is the time until the attempt ends. Several goroutines can call OnSilence at
	// the same time.
	OnSilence func(host, operation string, silent, left time.Duration)
	// The client calls OnToken, if set, with each token that it receives, because a registry
	// can return the token in an error message. Several goroutines can call OnToken at the
	// same time.
	OnToken func(token string)
	// RangeSize is the size in bytes of the ranges of a large blob, if the download
	// of this blob uses several connections (docs/performance.md, Methods). If zero,
	// a range has 16 MiB.
	RangeSize int64
	// Now returns the current time, which the client uses to measure uploads and
	// downloads. If nil, the client uses time.Now.
	Now func() time.Time
}

// Client sends requests to registries for one run. A Client keeps one
// authenticated session per host. Several goroutines can use a Client at the
// same time.
type Client struct {
	opts       Options
	transports *transports
	retry      retrier
	// Counters counts the requests of this client and of the client that
	// Anonymous returns.
	Counters *Counters

	mu              sync.Mutex
	sessions        map[string]*session
	early           map[string][]*EarlyUpload // early maps each repository to its open upload sessions that no blob uses yet.
	anonymousClient *Client                   // The method Anonymous returns this client.
	accepted        *accepted
	rangeMemory     chan [][]byte // The channel rangeMemory holds the memory for the ranges of one blob, and is empty while a blob uses the memory.
}

func (c *Client) now() time.Time {
	if c.opts.Now != nil {
		return c.opts.Now()
	}
	return time.Now()
}

// New returns a client. The caller must call Close to close the idle connections
// of the client.
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
	if opts.RangeSize == 0 {
		opts.RangeSize = rangeSize
	}
	c := &Client{
		opts:        opts,
		transports:  newTransports(opts.Base),
		retry:       retrier{sleep: opts.Sleep, onWait: opts.OnWait},
		Counters:    &Counters{trace: opts.Trace},
		sessions:    map[string]*session{},
		early:       map[string][]*EarlyUpload{},
		accepted:    &accepted{},
		rangeMemory: make(chan [][]byte, 1),
	}
	c.rangeMemory <- nil
	return c
}

// Anonymous returns a client that never sends credentials. The anonymous client
// shares the connections and the counters of c, but has separate sessions. Each
// call returns the same anonymous client, because later requests can use its
// tokens again.
func (c *Client) Anonymous() *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.anonymousClient == nil {
		opts := c.opts
		opts.Keychain = anonymousKeychain{}
		opts.RawBearer = false
		c.anonymousClient = &Client{opts: opts, transports: c.transports, retry: c.retry, Counters: c.Counters, sessions: map[string]*session{}, accepted: c.accepted, rangeMemory: c.rangeMemory}
	}
	return c.anonymousClient
}

// Preconnect opens at most n connections to the repository's host for later
// transfers of bodies. The TLS handshakes of these connections run in parallel
// with earlier requests. Preconnect returns immediately. Preconnect returns no
// error, because a later request opens a new connection if an early connection
// failed.
func (c *Client) Preconnect(repo name.Repository, n int) {
	if addr, encrypted := c.session(repo.Registry).address(); encrypted && n > 0 {
		c.transports.preconnector.open(addr, min(n, initialUploads))
	}
}

// Close closes idle connections.
func (c *Client) Close() { c.transports.close() }

// Expect announces that the run will use a repository. The scope of the first
// token for the host includes each expected repository.
func (c *Client) Expect(repo name.Repository, access Access) {
	s := c.session(repo.Registry)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expect(repo.RepositoryStr(), access)
}

// IsPublic reports whether a registry has answered this client from the public network. A
// client must not follow an address from such a registry to a private network.
func (c *Client) IsPublic(reg name.Registry) bool { return c.session(reg).origin.Public() }

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
