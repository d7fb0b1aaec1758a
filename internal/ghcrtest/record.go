package ghcrtest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// Request is one request as the server saw it. It never holds credentials:
// Authorization is a yes or no, signatures of URLs are blanked.
type Request struct {
	Method     string
	Path       string // escaped, with the query
	Host       string
	Class      Class
	Status     int   // 0 if nothing was answered
	Received   int64 // bytes of the request's body that were read
	Sent       int64 // bytes of the answer's body
	Authorized bool  // an Authorization header was there
	// Scopes are those a request to /token asked for, sorted.
	Scopes []string
}

// record keeps requests in the order they arrived. An entry is made before
// anything is answered and filled in on the way, so that whoever has an
// answer finds its request.
type record struct {
	mu       sync.Mutex
	requests []*Request
}

// Requests lists what was asked since the start or the last Reset.
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

// Reset forgets the requests so far; nothing else changes.
func (s *Server) Reset() {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	s.record.requests = nil
}

// Counts are the requests by class.
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
		Authorized: r.Header.Get("Authorization") != "",
	}
	if entry.Class == ClassToken {
		entry.Scopes = scopeList(r)
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.requests = append(rec.requests, entry)
	return entry
}

// update changes an entry under the record's lock.
func (rec *record) update(change func()) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	change()
}

// secretParameters are query parameters whose values are credentials.
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

// counter counts what passes through an answer. It keeps Unwrap, so that
// faults reach the connection.
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

// Unwrap serves http.ResponseController.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// countedBody counts what is read of a request's body.
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
