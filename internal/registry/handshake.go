package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ghcr-publish/ghcr-publish/internal/bounded"
)

// handshake sends the requests of one attempt to authenticate. It keeps the error
// response, because the library drops two parts of it: the request id and the
// requested wait.
type handshake struct {
	session  *session
	attempt  int
	sent     bool // false if the library rejected the realm
	answered bool
	bodyErr  error // error of reading the response
	refusal  *Error
}

func (h *handshake) RoundTrip(req *http.Request) (*http.Response, error) {
	h.sent = true
	body := &requestBody{size: max(req.ContentLength, 0)}
	if req.Body != nil {
		// The body of this request contains an identity token. After a redirect, the HTTP
		// client would send the body to the other host.
		if !h.session.trusts(req.URL.String()) {
			return nil, fmt.Errorf("requesting a token: %q redirects to %q, which must not receive the credentials", h.session.reg, redact(req.URL))
		}
		body.body = req.Body
		req = req.Clone(req.Context())
		req.Body = body
	}
	resp, err := h.session.client.send(req, body, h.attempt)
	if err != nil {
		return nil, err
	}
	h.answered = true
	resp.Body = &handshakeBody{bounded.Body(resp.Body, bounded.MaxAnswer), h, req.URL.Host}
	if resp.StatusCode >= http.StatusBadRequest {
		h.refusal = newError("the token request", resp)
	}
	return resp, nil
}

// explain returns the registry's error response or the network's error instead of
// the library's error. If a response contains no token, the library's error quotes
// the response, and the response can contain another secret.
func (h *handshake) explain(err error) error {
	switch {
	case h.refusal != nil:
		return h.refusal
	case !h.sent:
		return fmt.Errorf("requesting a token for %q: the realm is not safe: %s", h.session.reg, sanitize(err.Error()))
	case !h.answered:
		return &unreachableError{err}
	case h.bodyErr != nil:
		return &unreachableError{h.bodyErr}
	}
	return fmt.Errorf("requesting a token for %q: the response contains no token", h.session.reg)
}

// permanent reports whether another attempt would fail for the same reason.
func (h *handshake) permanent() bool {
	return !h.sent || (h.answered && h.refusal == nil && h.bodyErr == nil)
}

// handshakeBody records the error of reading a response.
type handshakeBody struct {
	io.ReadCloser
	handshake *handshake
	host      string
}

func (b *handshakeBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.handshake.bodyErr = &networkError{b.host, err}
	}
	return n, err
}

// unreachableError is an error of a request that got no complete response.
type unreachableError struct{ error }

// Error leaves out the URL that net/http writes before the cause, because the cause
// names the host and the query is long.
func (e *unreachableError) Error() string {
	var cause *networkError
	if errors.As(e.error, &cause) {
		return cause.Error()
	}
	return e.error.Error()
}

func (e *unreachableError) Unwrap() error { return e.error }
