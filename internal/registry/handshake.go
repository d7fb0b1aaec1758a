package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// handshakeOperation is the name of a token request in errors.
const handshakeOperation = "the token request"

// maxHandshakeBody is the maximum number of bytes that are read from the response to a
// token request. The library reads each response to its end.
const maxHandshakeBody = 1 << 20

// handshake sends the requests of one attempt to authenticate. It keeps the error
// response, because the library drops two parts of it: the request id and the
// requested wait.
type handshake struct {
	session  *session
	attempt  attempt
	sent     bool // false if the library rejected the realm
	answered bool
	bodyErr  error          // error of reading the response
	hops     int            // redirects that were followed
	location *LocationError // a redirect that is not followed
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
	resp, err := h.session.client.send(req, body, handshakeOperation, h.attempt)
	if err != nil {
		return nil, err
	}
	h.answered = true
	if resp.StatusCode >= http.StatusBadRequest || isTokenPage(resp) {
		h.refusal = newError(handshakeOperation, resp)
		return resp, nil
	}
	if err := decompress(resp); err != nil {
		h.bodyErr = h.incomplete(req.URL.Host, err)
	}
	if isRedirect(resp.StatusCode) {
		if err := h.follow(resp); err != nil {
			return nil, err
		}
	}
	limited := io.LimitReader(resp.Body, maxHandshakeBody)
	resp.Body = &handshakeBody{limited, resp.Body, h, req.URL.Host}
	return resp, nil
}

// follow counts a redirect, which the library follows. It returns an error if there are
// too many redirects.
func (h *handshake) follow(resp *http.Response) error {
	if h.hops++; h.hops <= maxRedirects {
		return nil
	}
	next, problem := target(resp, "Location", resp.Header.Get("Location"), handshakeOperation)
	if problem == nil {
		problem = &LocationError{
			Operation: handshakeOperation, Host: resp.Request.URL.Host, Header: "Location", Target: redact(next),
			Problem: fmt.Sprintf("is one of more than %d redirects", maxRedirects),
		}
	}
	h.location = problem
	closeBody(resp)
	return problem
}

// explain returns the registry's error response or the network's error instead of
// the library's error. If a response contains no token, the library's error quotes
// the response, and the response can contain another secret.
func (h *handshake) explain(err error) error {
	switch {
	case h.refusal != nil:
		return h.refusal
	case h.location != nil:
		return h.location
	case !h.sent:
		return &LocationError{
			Operation: fmt.Sprintf("requesting a token for %q", h.session.reg), Host: h.session.reg.RegistryStr(), Header: "WWW-Authenticate",
			Problem: "is wrong, because the realm is not safe: " + sanitize(err.Error()),
		}
	case !h.answered:
		return &unreachableError{err}
	case h.bodyErr != nil:
		return &unreachableError{h.bodyErr}
	}
	return &ResponseError{Host: h.session.reg.RegistryStr(), Operation: fmt.Sprintf("requesting a token for %q", h.session.reg), Problem: "the response contains no token"}
}

// incomplete returns the error of a response that ended early.
func (h *handshake) incomplete(host string, err error) error {
	return &NoAnswer{Host: host, Operation: handshakeOperation, Err: &networkError{host, err}}
}

// permanent reports whether another attempt would fail for the same reason.
func (h *handshake) permanent() bool {
	return !h.sent || h.location != nil || (h.answered && h.refusal == nil && h.bodyErr == nil)
}

// isTokenPage reports whether the response to a token request is a web page. The
// response to GET /v2/ is not checked, because only its status is used.
func isTokenPage(resp *http.Response) bool {
	return resp.StatusCode == http.StatusOK && resp.Request.URL.Path != "/v2/" && retry.IsPage(resp.Header.Get("Content-Type"))
}

// handshakeBody limits a response and records the error of reading it.
type handshakeBody struct {
	io.Reader
	io.Closer
	handshake *handshake
	host      string
}

func (b *handshakeBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		b.handshake.bodyErr = b.handshake.incomplete(b.host, err)
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
