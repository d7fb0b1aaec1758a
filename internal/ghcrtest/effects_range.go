package ghcrtest

import "net/http"

// IgnoreRange sends the whole blob, with status 200, in the response to a request for a
// range. A server may ignore the header Range (RFC 9110 §14.2).
type IgnoreRange struct{}

func (IgnoreRange) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	r = r.Clone(r.Context())
	r.Header.Del("Range")
	next.ServeHTTP(w, r)
}

// WrongContentRange sends the requested range with a wrong header Content-Range, which
// describes a blob of one byte.
type WrongContentRange struct{}

func (WrongContentRange) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(&header{w, func(h http.Header) { h.Set("Content-Range", "bytes 0-0/1") }}, r)
}

// WrongContent changes all bytes of the response's body, and keeps the length of the body.
type WrongContent struct{}

func (WrongContent) apply(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(inverter{w}, r)
}

// inverter inverts all bits of a body.
type inverter struct{ http.ResponseWriter }

// Write implements http.ResponseWriter.
func (i inverter) Write(p []byte) (int, error) {
	changed := make([]byte, len(p))
	for n, b := range p {
		changed[n] = ^b
	}
	return i.ResponseWriter.Write(changed)
}
