package ghcrtest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
)

// Reset breaks the connection. With both numbers zero that happens before
// anything is read; otherwise after so many bytes of the request's body, or
// of the answer's body.
type Reset struct {
	RequestBytes  int64
	ResponseBytes int64
}

func (e Reset) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if e.ResponseBytes > 0 {
		cut := func() {
			_ = http.NewResponseController(w).Flush() // send what may still be seen
			reset(w)
		}
		next.ServeHTTP(&cutter{ResponseWriter: w, left: e.ResponseBytes, cut: cut}, r)
		cut()
		return
	}
	// The copy ends early where the client has less to send; it is cut off
	// all the same.
	_, _ = io.CopyN(io.Discard, r.Body, e.RequestBytes)
	reset(w)
}

// reset ends the connection with RST, or its HTTP/2 stream.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: net/http sends RST_STREAM
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

// errCut ends a handler's writing once the connection is gone.
var errCut = errors.New("the answer was cut off")

// cutter lets a number of bytes through.
type cutter struct {
	http.ResponseWriter
	left int64
	cut  func()
}

// Write implements http.ResponseWriter.
func (c *cutter) Write(p []byte) (int, error) {
	if int64(len(p)) < c.left {
		c.left -= int64(len(p))
		return c.ResponseWriter.Write(p)
	}
	if _, err := c.ResponseWriter.Write(p[:c.left]); err != nil {
		return 0, err
	}
	c.cut()
	return 0, errCut
}

// WrongDigest answers with a Docker-Content-Digest that fits nothing.
type WrongDigest struct{}

func (WrongDigest) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(&header{w, func(h http.Header) {
		h.Set("Docker-Content-Digest", digestOf([]byte("wrong")))
	}}, r)
}

// Truncate sends the first Bytes of the body and calls that all: the length
// agrees, the content does not.
type Truncate struct{ Bytes int64 }

func (e Truncate) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	short := &header{w, func(h http.Header) {
		if whole, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
			h.Set("Content-Length", strconv.FormatInt(min(whole, e.Bytes), 10))
		}
	}}
	next.ServeHTTP(&cutter{ResponseWriter: short, left: e.Bytes, cut: func() {}}, r)
}

// CloseConnection answers as usual and then closes the connection, instead of
// keeping it alive.
type CloseConnection struct{}

func (CloseConnection) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	w.Header().Set("Connection", "close")
	next.ServeHTTP(w, r)
}

// header changes the headers of an answer at the last moment.
type header struct {
	http.ResponseWriter
	change func(http.Header)
}

// WriteHeader implements http.ResponseWriter.
func (h *header) WriteHeader(status int) {
	h.change(h.Header())
	h.ResponseWriter.WriteHeader(status)
}
