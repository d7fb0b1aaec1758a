// Package sigstore is an embedded Sigstore for one loopback server. It contains the
// issuer of the identity tokens of GitHub Actions, a certificate authority (Fulcio), a
// transparency log (Rekor, versions 1 and 2), and a timestamp authority (RFC 3161).
//
// The package is a model for tests and for the commands "serve" and "try". Each entry of
// its log is the only entry of its own tree, so the log proves nothing about other
// entries. The keys exist only in memory.
package sigstore

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxRequest is the maximum size of the body of a request, in bytes.
const maxRequest = 32 << 20

// Form is the kind of an instance.
type Form int

const (
	// PublicGood has the form of the instance at sigstore.dev. Its certificates contain
	// the proof of a certificate log, and it has transparency logs.
	PublicGood Form = iota
	// GitHub has the form of the instance that GitHub runs for repositories that are not
	// public. It has no logs. Only timestamps prove the time of a signature.
	GitHub
)

// organization is the organization in the certificates. gh chooses its policy by the
// organization of the issuer.
func (f Form) organization() string {
	if f == GitHub {
		return "GitHub, Inc."
	}
	return "sigstore.dev"
}

// Config configures an instance.
type Config struct {
	Form Form
	// Clock is the clock of all services. Default: time.Now.
	Clock func() time.Time
}

// Sigstore is an embedded instance. A Sigstore is safe for concurrent use.
type Sigstore struct {
	form  Form
	clock func() time.Time
	keys  *keys

	mu      sync.Mutex
	jobs    map[string]Claims // the claims of a job, by its request token
	entries map[string][]byte // the entries of Rekor 1, by their identifiers
	next    int64             // the index of the next log entry
}

// New returns an instance with new keys.
func New(c Config) (*Sigstore, error) {
	s := &Sigstore{form: c.Form, clock: c.Clock, jobs: map[string]Claims{}, entries: map[string][]byte{}}
	if s.clock == nil {
		s.clock = time.Now
	}
	var err error
	s.keys, err = newKeys(c.Form.organization(), s.clock())
	return s, err
}

// The paths of the services.
const (
	configPath    = "/.well-known/openid-configuration"
	jwksPath      = "/.well-known/jwks"
	tokenPath     = "/_services/pipelines/idtoken"
	fulcioPath    = "/api/v2/signingCert"
	rekorPath     = "/api/v1/log/entries"
	rekor2Path    = "/api/v2/log/entries"
	timestampPath = "/api/v1/timestamp"
	rootPath      = "/" + RootFile
	signingPath   = "/" + SigningFile
)

// Handles reports whether a path belongs to Sigstore.
func Handles(path string) bool {
	switch path {
	case configPath, jwksPath, tokenPath, fulcioPath, rekorPath, rekor2Path, timestampPath, rootPath, signingPath:
		return true
	}
	return strings.HasPrefix(path, rekorPath+"/")
}

// ServeHTTP implements [http.Handler].
func (s *Sigstore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, problem{http.StatusRequestEntityTooLarge, "The request is too large"})
		return
	}
	serve := s.service(r.Method, r.URL.Path)
	if serve == nil {
		answer(w, http.StatusNotFound, problem{http.StatusNotFound, "Not Found"})
		return
	}
	serve(w, r, body)
}

// handler serves a request whose body was read.
type handler func(w http.ResponseWriter, r *http.Request, body []byte)

// service returns the function that serves a request, or nil. Only the form of sigstore.dev
// has a log.
func (s *Sigstore) service(method, path string) handler {
	serve := map[string]handler{
		"GET " + configPath:     s.serveConfiguration,
		"GET " + jwksPath:       s.serveKeys,
		"GET " + tokenPath:      s.serveToken,
		"GET " + rootPath:       func(w http.ResponseWriter, r *http.Request, _ []byte) { send(w, s.TrustedRoot(base(r))) },
		"GET " + signingPath:    func(w http.ResponseWriter, r *http.Request, _ []byte) { send(w, s.SigningConfig(base(r))) },
		"POST " + fulcioPath:    s.serveCertificate,
		"POST " + timestampPath: s.serveTimestamp,
	}
	if s.form == PublicGood {
		serve["POST "+rekorPath], serve["POST "+rekor2Path] = s.serveEntry, s.serveEntry2
		if method == http.MethodGet && strings.HasPrefix(path, rekorPath+"/") {
			return s.serveStoredEntry
		}
	}
	return serve[method+" "+path]
}

// problem is an error response of Fulcio and Rekor.
type problem struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Refuse sends an error response in the form of Fulcio and Rekor.
func Refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, problem{status, message})
}

// answer sends a value as JSON.
func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) //nolint:errchkjson // An error means that the client is gone.
}

// send sends a JSON file.
func send(w http.ResponseWriter, file []byte) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(file) // An error means that the client is gone.
}

// base returns the URL of the server that the client used, without a slash at the end.
func base(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
