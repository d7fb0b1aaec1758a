// Package bounded limits the number of bytes that the program reads from a server. Every
// body of an HTTP response has such a limit, also the body of an error: a server, or a
// proxy before the server, could otherwise fill the memory of the machine.
package bounded

import (
	"fmt"
	"io"
	"net/http"
)

// Limits of responses, in bytes.
const (
	MaxError  = 64 << 10 // body of an error
	MaxAnswer = 8 << 20  // body of another response of the REST API or of a token request
)

// TooLongError reports a body that is longer than its limit.
type TooLongError struct{ Limit int64 }

// Error returns the limit.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("the response has more than %d bytes", e.Limit)
}

// Body returns a body that fails with a *TooLongError after limit bytes.
func Body(body io.ReadCloser, limit int64) io.ReadCloser {
	return &limited{body, &TooLongError{limit}, limit}
}

// limited is a body with a limit.
type limited struct {
	io.ReadCloser
	tooLong *TooLongError
	left    int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, l.tooLong
	}
	// One more byte than the limit distinguishes a body of exactly this length.
	n, err := l.ReadCloser.Read(p[:min(int64(len(p)), l.left+1)])
	if l.left -= int64(n); l.left < 0 {
		return n - 1, l.tooLong
	}
	return n, err
}

// Transport limits every body that its Base returns. The zero Base is
// [http.DefaultTransport].
type Transport struct{ Base http.RoundTripper }

// RoundTrip sends the request and limits the body of the response.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = Body(resp.Body, limitOf(resp.StatusCode))
	return resp, nil
}

// limitOf returns the limit for a body of a response with this status.
func limitOf(status int) int64 {
	if status >= http.StatusBadRequest {
		return MaxError
	}
	return MaxAnswer
}
