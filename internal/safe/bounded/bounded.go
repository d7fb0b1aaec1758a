// Package bounded limits the number of bytes that the program reads from a server.
// Package bounded limits the body of every HTTP response, including every error response.
// Without the limit, a server or a proxy could fill the memory of the machine.
package bounded

import (
	"fmt"
	"io"
	"net/http"
)

// These constants are the limits of responses, in bytes.
const (
	MaxError  = 64 << 10 // the limit for the body of an error response
	MaxAnswer = 8 << 20  // the limit for the body of every other response to a REST API request or a token request
)

// TooLongError is the error for a body that is longer than its limit.
type TooLongError struct{ Limit int64 }

// Error returns a message that contains the limit.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("the response has more than %d bytes", e.Limit)
}

// Body returns a reader of the body. If the body has more bytes than the argument "limit"
// permits, the reader returns a *TooLongError.
func Body(body io.ReadCloser, limit int64) io.ReadCloser {
	return &limited{body, &TooLongError{limit}, limit}
}

// limited is the body of an HTTP response that returns an error after a limit.
type limited struct {
	io.ReadCloser
	tooLong *TooLongError
	left    int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, l.tooLong
	}
	// Read reads one byte more than the limit, because a body whose length is
	// exactly the limit is not an error.
	n, err := l.ReadCloser.Read(p[:min(int64(len(p)), l.left+1)])
	if l.left -= int64(n); l.left < 0 {
		return n - 1, l.tooLong
	}
	return n, err
}

// Transport sends requests with the transport Base and limits the body of each response.
// If Base is nil, Transport uses [http.DefaultTransport].
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

// limitOf returns the limit for the body of a response with the given status.
func limitOf(status int) int64 {
	if status >= http.StatusBadRequest {
		return MaxError
	}
	return MaxAnswer
}
