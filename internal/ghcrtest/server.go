package ghcrtest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// Server is an embedded ghcr.io. A Server is safe for concurrent use.
type Server struct {
	state       *state
	store       *store
	uploads     *sessions
	grants      *grants
	record      record
	faults      faults
	limiter     limiter
	seed        *seeded // The field "seed" is nil if the server has no seed.
	now         func() time.Time
	tokenTTL    time.Duration
	downloadTTL time.Duration
	maxBlob     int64    // bytes
	key         [32]byte // signs blob URLs
	token       string   // acts as GITHUB_TOKEN
	sigstore    func() (*sigstore.Sigstore, error)

	http      *http.Server // The fields "http" and "listener" are nil if the server does not listen.
	listener  net.Listener
	scheme    string
	tls       *selfSigned
	closing   chan struct{}
	closeOnce sync.Once
}

// defaultTTL is the default lifetime of tokens and blob URLs.
const defaultTTL = 5 * time.Minute

// defaultMaxBlob is the maximum size of a layer on ghcr.io, in bytes (docs/ghcr.md, Blob
// upload).
const defaultMaxBlob = 10_000_000_000

// New returns a server that does not listen. The server is an [http.Handler].
func New(c Config) *Server {
	s := &Server{
		state:       newState(c),
		store:       newStore(c.Dir),
		grants:      &grants{tokens: map[string]*grant{}},
		now:         c.Clock,
		tokenTTL:    c.TokenTTL,
		downloadTTL: c.DownloadTTL,
		maxBlob:     c.MaxBlob,
		closing:     make(chan struct{}),
		record:      record{most: c.MaxRequests},
		limiter:     limiter{limits: c.Limits, hours: map[string]*window{}, minutes: map[string]*window{}},
	}
	_, _ = rand.Read(s.key[:]) // never fails (crypto/rand)
	if s.now == nil {
		s.now = time.Now
	}
	s.uploads = &sessions{now: s.now, open: map[string]*session{}}
	s.tokenTTL = cmp.Or(s.tokenTTL, defaultTTL)
	s.downloadTTL = cmp.Or(s.downloadTTL, defaultTTL)
	s.maxBlob = cmp.Or(s.maxBlob, defaultMaxBlob)
	for _, one := range c.Credentials {
		if one.Kind == ActionsToken && !one.Expired && s.token == "" {
			s.token = one.Secret
		}
	}
	if c.Open != nil {
		s.token = s.openToken(*c.Open)
	}
	s.plant(c)
	s.sigstore = sync.OnceValues(func() (*sigstore.Sigstore, error) {
		return sigstore.New(sigstore.Config{Form: c.Sigstore, Clock: s.now})
	})
	s.Inject(c.Faults...)
	return s
}

// openToken creates the credential of [Config.Open].
func (s *Server) openToken(o Open) string {
	if o.Token == "" {
		o.Token = newInstallationToken()
	}
	if o.Actor == "" {
		o.Actor = defaultActor
	}
	s.state.creds[o.Token] = &Credential{
		Secret: o.Token, Kind: ActionsToken, Actor: o.Actor, Repository: o.Repository, Packages: Write,
	}
	return o.Token
}

// newInstallationToken returns a token of about 520 characters with underscores,
// hyphens and dots (docs/ghcr.md, New installation token format).
func newInstallationToken() string {
	part := func(texts int) string {
		out := ""
		for range texts {
			out += rand.Text()
		}
		return out
	}
	return "ghs_" + part(1)[:7] + "_" + part(4) + "." + part(8) + "-" + part(3) + "." + part(4)
}

// ServeHTTP implements [http.Handler]. ServeHTTP records the request, applies a
// matching fault, and responds.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	entry := s.record.begin(r)
	r.Body = &countedBody{r.Body, &s.record, entry}
	w = &counter{w, &s.record, entry}
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.Header().Set("X-GitHub-Request-Id", requestID())
	next := http.HandlerFunc(s.route)
	if effect := s.faults.next(r); effect != nil {
		effect.apply(s, w, r, next)
	} else {
		next(w, r)
	}
	drain(r)
}

// drain reads the rest of a request's body after the server refused the request
// early. If the body were not read, net/http would close the connection, and the
// client could see a reset instead of the refusal. If the client waits for 100
// Continue, drain does not read the body, because the client has not sent the body.
func drain(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// requestID returns an id in GitHub's format: hexadecimal groups with colons.
func requestID() string {
	var b [14]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return fmt.Sprintf("%X:%X:%X:%X:%X", b[:2], b[2:5], b[5:8], b[8:10], b[10:])
}

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/token":
		s.serveToken(w, r)
	case path == "/v2", strings.HasPrefix(path, "/v2/"):
		s.serveRegistry(w, r)
	case strings.HasPrefix(path, apiPrefix):
		s.serveAPI(w, r)
	case path == seedPath && s.seed != nil:
		s.serveSeed(w, r)
	case strings.HasPrefix(path, downloadPath):
		s.serveDownload(w, r)
	case sigstore.Handles(path):
		s.serveSigstore(w, r)
	case strings.HasPrefix(path, bundlePath):
		s.serveBundle(w, r)
	default:
		http.NotFound(w, r)
	}
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// base returns the server's URL that the client used, without a slash at the end.
func base(r *http.Request) string { return scheme(r) + "://" + r.Host }
