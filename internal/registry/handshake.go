package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// handshakeOperation is the name of token requests in error messages.
const handshakeOperation = "the token request"

// maxHandshakeBody is the maximum number of bytes that the client reads from the
// response to a token request. A limit is necessary, because
// go-containerregistry reads each response completely.
const maxHandshakeBody = 1 << 20

// handshake sends the requests of one attempt to authenticate. handshake keeps
// the error response, because go-containerregistry drops the request id and the
// requested wait of an error response.
type handshake struct {
	session  *session
	attempt  attempt
	sent     bool // sent is false if go-containerregistry rejected the realm.
	answered bool
	bodyErr  error          // bodyErr is the error that occurred while the client read the response.
	lostPart bool           // lostPart is true if the response with status 200 is not complete JSON.
	hops     int            // hops is the number of redirects that the client has followed.
	location *LocationError // location describes a redirect that the client must not follow.
	next     *url.URL       // next is the address to which the latest response redirects, or nil.
	refusal  *Error
}

func (h *handshake) RoundTrip(req *http.Request) (*http.Response, error) {
	h.sent, h.answered, h.next = true, false, nil
	body := &requestBody{size: max(req.ContentLength, 0)}
	if req.Body != nil {
		// The body of this request contains an identity token. After a redirect,
		// the HTTP client would send the identity token to the other host.
		if !h.session.trusts(req.URL.String()) {
			return nil, fmt.Errorf("requesting a token: %q redirects to %q, which must not receive the credentials", h.session.reg, redact(req.URL))
		}
		body.body = req.Body
		req = req.Clone(req.Context())
		req.Body = body
	}
	resp, err := h.session.client.send(h.session, req, body, handshakeOperation, h.attempt)
	if err != nil {
		h.location = refusedAddress(err, req.URL, handshakeOperation, h.session.reg.RegistryStr(), "WWW-Authenticate")
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

// follow counts a redirect that go-containerregistry follows. The method "follow" returns
// an error if a request has more than maxRedirects redirects, or if the address is
// unusable.
func (h *handshake) follow(resp *http.Response) error {
	next, problem := target(resp, "Location", resp.Header.Get("Location"), handshakeOperation)
	h.next = next
	h.hops++
	switch {
	case problem == nil && h.hops <= maxRedirects:
		return nil
	case problem == nil:
		problem = unusable(resp.Request.URL.Host, next, fmt.Sprintf("the request has more than %d redirects", maxRedirects))
	}
	h.location = problem
	closeBody(resp)
	return problem
}

func unusable(host string, next *url.URL, problem string) *LocationError {
	return &LocationError{Operation: handshakeOperation, Host: host, Header: "Location", Target: redact(next), Problem: problem}
}

// explain returns the error response of the registry or the error of the network
// instead of the error of go-containerregistry. If a response contains no token,
// the error of go-containerregistry quotes the response, which can contain
// another secret.
func (h *handshake) explain(err error) error {
	switch {
	case h.refusal != nil:
		return h.refusal
	case h.location != nil:
		return h.location
	case !h.sent:
		return &LocationError{
			Operation: fmt.Sprintf("requesting a token for %q", h.session.reg), Host: h.session.reg.RegistryStr(), Header: "WWW-Authenticate",
			Problem: "the realm is not safe: " + sanitize(err.Error()),
		}
	case !h.answered:
		return &unreachableError{err}
	case h.bodyErr != nil:
		return &unreachableError{h.bodyErr}
	case h.next != nil: // go-containerregistry does not follow a redirect to an address without HTTPS or to a private address.
		h.location = unusable(h.session.reg.RegistryStr(), h.next, "the address is not safe: "+sanitize(innermost(err).Error()))
		return h.location
	}
	wrong := &ResponseError{Host: h.session.reg.RegistryStr(), Operation: fmt.Sprintf("requesting a token for %q", h.session.reg), Problem: "the response contains no token"}
	if h.lostPart = errors.As(err, new(*json.SyntaxError)); h.lostPart {
		wrong.Problem = "the response is not complete JSON"
	}
	return wrong
}

// innermost returns the last error of a chain of wrapped errors.
func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// incomplete returns the error of a response that ended early.
func (h *handshake) incomplete(host string, err error) error {
	return &NoAnswer{Host: host, Operation: handshakeOperation, Incomplete: true, Err: &networkError{host, err}}
}

// permanent reports whether the next attempt would fail for the same reason. A response
// that is not complete JSON can have lost a part on its way, so the next attempt can get
// the complete response.
func (h *handshake) permanent() bool {
	return !h.sent || h.location != nil || (h.answered && h.refusal == nil && h.bodyErr == nil && !h.lostPart)
}

// isTokenPage reports whether the response to a token request is a web page.
// isTokenPage returns false for GET /v2/, because the client uses only the
// status of this response.
func isTokenPage(resp *http.Response) bool {
	return resp.StatusCode == http.StatusOK && resp.Request.URL.Path != "/v2/" && retry.IsPage(resp.Header.Get("Content-Type"))
}

// handshakeBody is a response body with a size limit. handshakeBody records the
// error that occurs while the client reads the body.
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

// Error omits the URL that net/http writes before the cause. The text of the cause
// already contains the host, and the query of the URL is long.
func (e *unreachableError) Error() string {
	var cause *networkError
	if errors.As(e.error, &cause) {
		return cause.Error()
	}
	return e.error.Error()
}

func (e *unreachableError) Unwrap() error { return e.error }
