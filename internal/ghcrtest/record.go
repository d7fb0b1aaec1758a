package ghcrtest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// Request is the record of a request to the server. A record contains no credentials.
// The field Authorized replaces the Authorization header, and secrets in URLs are
// redacted.
type Request struct {
	Method     string
	Path       string // The path is escaped and includes the query.
	Host       string
	Class      Class
	Status     int    // Status is 0 if the server sent no response.
	Received   int64  // Received is the number of bytes that the server read from the request's body.
	Sent       int64  // Sent is the number of bytes of the response's body.
	Authorized bool   // Authorized is true if the request had an Authorization header.
	Range      string // Range is the value of the header Range.
	// Scopes are the sorted scopes of a request to /token.
	Scopes []string
}

// record contains the requests in the order of their arrival. The server adds an
// entry before it responds, and updates the entry while it responds. A client that
// received a response therefore always finds its request in the record.
type record struct {
	mu       sync.Mutex
	requests []*Request
	most     int // Config.MaxRequests
}

// Requests returns the requests since the start or the last Reset, without the requests
// that the record has forgotten (Config.MaxRequests).
func (s *Server) Requests() []Request {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	out := make([]Request, 0, len(s.record.requests))
	for _, r := range s.record.requests {
		copied := *r
		copied.Scopes = slices.Clone(r.Scopes)
		out = append(out, copied)
	}
	return out
}

// Reset removes the recorded requests. Reset does not change packages, credentials or
// faults.
func (s *Server) Reset() {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	s.record.requests = nil
}

// Counts returns the number of requests of each class.
func (s *Server) Counts() map[Class]int {
	counts := map[Class]int{}
	for _, r := range s.Requests() {
		counts[r.Class]++
	}
	return counts
}

func (rec *record) begin(r *http.Request) *Request {
	entry := &Request{
		Method: r.Method, Path: cleanPath(r), Host: r.Host, Class: classify(r),
		Authorized: r.Header.Get("Authorization") != "", Range: r.Header.Get("Range"),
	}
	if entry.Class == ClassToken {
		entry.Scopes = scopeList(r)
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.requests = append(rec.requests, entry)
	if extra := len(rec.requests) - rec.most; rec.most > 0 && extra > 0 {
		rec.requests = slices.Delete(rec.requests, 0, extra)
	}
	return entry
}

// update locks the mutex of the record while the given function changes an entry.
func (rec *record) update(change func()) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	change()
}

// secretParameters are query parameters that contain credentials.
var secretParameters = []string{"sig", "token", "access_token", "password"}

func cleanPath(r *http.Request) string {
	query := r.URL.Query()
	for _, name := range secretParameters {
		if query.Has(name) {
			query.Set(name, "redacted")
		}
	}
	u := url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if query.Encode() != r.URL.Query().Encode() {
		u.RawQuery = query.Encode()
	}
	return u.RequestURI()
}

// counter counts the bytes of a response. The type has the method Unwrap, so that
// faults can access the connection.
type counter struct {
	http.ResponseWriter
	record *record
	entry  *Request
}

// WriteHeader implements http.ResponseWriter.
func (c *counter) WriteHeader(status int) {
	c.record.update(func() { c.entry.Status = status })
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *counter) Write(p []byte) (int, error) {
	c.record.update(func() {
		if c.entry.Status == 0 {
			c.entry.Status = http.StatusOK
		}
		c.entry.Sent += int64(len(p))
	})
	return c.ResponseWriter.Write(p)
}

// Unwrap returns the wrapped writer for http.ResponseController.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// countedBody counts the bytes that are read from a request's body.
type countedBody struct {
	io.ReadCloser
	record *record
	entry  *Request
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.record.update(func() { b.entry.Received += int64(n) })
	return n, err
}
