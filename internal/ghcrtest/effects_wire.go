package ghcrtest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
)

// Reset resets the connection after the server read RequestBytes of the request's
// body, or after the server sent ResponseBytes of the response's body. If both
// numbers are zero, Reset resets the connection before the server reads the body.
type Reset struct {
	RequestBytes  int64
	ResponseBytes int64
}

func (e Reset) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if e.ResponseBytes > 0 {
		atLimit := func() {
			_ = http.NewResponseController(w).Flush() // Flush sends the bytes before the reset.
			reset(w)
		}
		next.ServeHTTP(&limitedWriter{ResponseWriter: w, left: e.ResponseBytes, atLimit: atLimit}, r)
		atLimit()
		return
	}
	// The copy ends early if the client sends fewer bytes. The server also resets the
	// connection of such a client.
	_, _ = io.CopyN(io.Discard, r.Body, e.RequestBytes)
	reset(w)
}

// reset ends the connection with RST. With HTTP/2, the function resets the stream.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // With HTTP/2, this panic makes net/http send RST_STREAM.
	}
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}

// errTruncated is the error of a write that exceeds the limit of a limitedWriter.
var errTruncated = errors.New("the response is truncated")

// limitedWriter writes at most the number of bytes in the field "left". The writer
// then calls atLimit.
type limitedWriter struct {
	http.ResponseWriter
	left    int64
	atLimit func()
}

// Write implements http.ResponseWriter.
func (c *limitedWriter) Write(p []byte) (int, error) {
	if int64(len(p)) < c.left {
		c.left -= int64(len(p))
		return c.ResponseWriter.Write(p)
	}
	if _, err := c.ResponseWriter.Write(p[:c.left]); err != nil {
		return 0, err
	}
	c.atLimit()
	return 0, errTruncated
}

// WrongDigest sends a Docker-Content-Digest that does not match the content.
type WrongDigest struct{}

func (WrongDigest) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(&header{w, func(h http.Header) {
		h.Set("Docker-Content-Digest", digestOf([]byte("wrong")))
	}}, r)
}

// Truncate sends only the first bytes of the body. The field Bytes is the number of
// these bytes. The Content-Length matches the truncated body, but the digest does
// not.
type Truncate struct{ Bytes int64 }

func (e Truncate) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	short := &header{w, func(h http.Header) {
		if whole, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
			h.Set("Content-Length", strconv.FormatInt(min(whole, e.Bytes), 10))
		}
	}}
	next.ServeHTTP(&limitedWriter{ResponseWriter: short, left: e.Bytes, atLimit: func() {}}, r)
}

// CloseConnection sends the normal response and then closes the connection.
type CloseConnection struct{}

func (CloseConnection) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	w.Header().Set("Connection", "close")
	next.ServeHTTP(w, r)
}

// header changes the headers of a response immediately before they are sent.
type header struct {
	http.ResponseWriter
	change func(http.Header)
}

// WriteHeader implements http.ResponseWriter.
func (h *header) WriteHeader(status int) {
	h.change(h.Header())
	h.ResponseWriter.WriteHeader(status)
}
