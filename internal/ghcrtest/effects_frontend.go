package ghcrtest

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Page is the response of a front end, a proxy or a login page before the registry.
// The response is a web page without the headers of a registry (docs/ghcr.md,
// Refusals).
type Page struct {
	Status int
	Title  string
	// MediaType is the header Content-Type. Default: "text/html; charset=utf-8".
	MediaType string
}

func (e Page) apply(_ *Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body)
	for name := range w.Header() {
		w.Header().Del(name)
	}
	if e.MediaType == "" {
		e.MediaType = "text/html; charset=utf-8"
	}
	w.Header().Set("Content-Type", e.MediaType)
	w.WriteHeader(e.Status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html><head><title>%s</title></head><body></body></html>", e.Title)
}

// Redirect redirects a request to the same path with another query. The server handles
// the redirected request normally.
type Redirect struct {
	Status int
	// Host is the host of the header Location. If Host is empty, the Location is
	// relative.
	Host string
}

func (e Redirect) apply(_ *Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body)
	to := *r.URL
	query := to.Query()
	query.Set("redirected", "1")
	to.RawQuery = query.Encode()
	if e.Host != "" {
		to.Scheme, to.Host = scheme(r), e.Host
	}
	w.Header().Set("Location", to.String())
	w.WriteHeader(e.Status)
}

// Location replaces the header Location of a response. In the field Value, HOST
// stands for the server's address and PATH for the path of the original Location.
type Location struct{ Value string }

func (e Location) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(&header{w, func(h http.Header) {
		path := h.Get("Location")
		if at := strings.Index(path, "/v2/"); at > 0 {
			path = path[at:]
		}
		h.Set("Location", strings.NewReplacer("HOST", r.Host, "PATH", path).Replace(e.Value))
	}}, r)
}

// Trickle sends a response that never ends. Trickle sends one byte, waits for the
// time in Pause, and repeats.
type Trickle struct {
	Status int
	Pause  time.Duration
}

func (e Trickle) apply(s *Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.Status)
	for {
		if _, err := w.Write([]byte(" ")); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(e.Pause):
		case <-r.Context().Done():
			return
		case <-s.closing:
			panic(http.ErrAbortHandler)
		}
	}
}

// Endless sends a response with a body that never ends.
type Endless struct{ Status int }

func (e Endless) apply(_ *Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	w.WriteHeader(e.Status)
	block := make([]byte, copyBuffer)
	for r.Context().Err() == nil {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// Compress sends the response with Content-Encoding: gzip, even if the request did
// not ask for compression.
type Compress struct{}

func (Compress) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if strings.HasPrefix(r.URL.Path, downloadPath) {
		next.ServeHTTP(w, r)
		return
	}
	z := gzip.NewWriter(w)
	next.ServeHTTP(&compressor{&header{w, func(h http.Header) {
		h.Del("Content-Length")
		h.Set("Content-Encoding", "gzip")
	}}, z}, r)
	_ = z.Close() // The write fails only if the client closed the connection.
}

// compressor compresses the body of a response.
type compressor struct {
	http.ResponseWriter
	z *gzip.Writer
}

// Write implements http.ResponseWriter.
func (c *compressor) Write(p []byte) (int, error) { return c.z.Write(p) }

// GoAway responds with a status and ends the connection. With HTTP/2, the server sends
// GOAWAY, and the other streams of the connection can fail.
type GoAway struct{ Status int }

func (e GoAway) apply(_ *Server, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Connection", "close")
	w.WriteHeader(e.Status)
}
