package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// call describes one request to a registry. The client can send the request of a
// call several times.
type call struct {
	operation   string // operation is the name of the request in errors, for example `PUT manifest "1.2"`.
	method      string
	repo        name.Repository
	access      Access
	path        string   // relative to /v2/<repository>/
	url         *url.URL // url, if not nil, replaces path. The value is an upload location or the URL of the next page.
	header      http.Header
	body        func(ctx context.Context) (io.ReadCloser, error)
	size        int64                      // size is the size of the body in bytes, or -1 if the size is unknown.
	statuses    []int                      // statuses contains the HTTP statuses that mean success.
	session     *attemptState              // session counts the attempts of an upload. If session is set, the method "do" repeats the call only with a new token.
	readContent func(*http.Response) error // readContent reads the response's body as a part of the attempt.
}

// request returns the kind of the call for the table of package retry.
func (k call) request() retry.Request {
	switch {
	case k.session != nil:
		return retry.Upload
	case k.method == http.MethodPost, k.method == http.MethodPut:
		return retry.Write
	}
	return ""
}

// bodyError is an error that occurred while the client opened or read the body
// to send. Another attempt cannot succeed after a bodyError, because the source
// of the body failed.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

func (e *bodyError) Transport() retry.Transport { return retry.SourceFailed }

// handshakeError is an error of the authentication at the registry. The client
// does not repeat a call after a handshakeError, because the authentication has
// its own retry budget.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }

func (e *handshakeError) Transport() retry.Transport { return retry.Handshake }

// do sends a call until the call succeeds, or until the retry budget of the call is
// spent. If the field readContent of the call is nil, the caller must close the
// response's body.
func (c *Client) do(ctx context.Context, k call) (*http.Response, error) {
	s := c.session(k.repo.Registry)
	st := attemptState{host: s}
	if k.session != nil {
		st.silent, st.http1 = k.session.silent, k.session.http1
	}
	for {
		st.attempts++
		resp, g, err := c.attempt(ctx, s, k, st.attempt())
		if err == nil {
			s.countAnswer(k)
			return resp, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", k.operation, context.Cause(ctx))
		}
		if err := c.prepareRetry(ctx, s, k, g, &st, err); err != nil {
			return nil, err
		}
	}
}

// prepareRetry waits before the next attempt. If another attempt cannot succeed,
// prepareRetry returns the error of the failed attempt.
func (c *Client) prepareRetry(ctx context.Context, s *session, k call, g *grant, st *attemptState, err error) error {
	d := st.decide(err, k.request(), g.age())
	if !d.retry || (k.session != nil && !d.newToken) {
		return err
	}
	if d.newToken {
		st.tokenReplaced = true
		s.discard(k.repo.RepositoryStr(), g)
		return nil
	}
	if d.throttled {
		s.pause(d.wait, err)
	}
	if d.wait == 0 {
		return nil
	}
	return c.retry.wait(ctx, d.wait, err)
}

func (c *Client) attempt(ctx context.Context, s *session, k call, n attempt) (*http.Response, *grant, error) {
	if k.body == nil || !isBulk(k.size) {
		return c.authorizedAttempt(ctx, s, k, n)
	}
	if err := s.uploads.acquire(ctx); err != nil {
		return nil, nil, err
	}
	resp, g, err := c.authorizedAttempt(ctx, s, k, n)
	s.uploads.release(err == nil, isThrottled(err))
	return resp, g, err
}

// authorizedAttempt runs one attempt of a call after the limiter has admitted
// the attempt. authorizedAttempt checks the token after the wait for the
// limiter, because the token can expire during this wait.
func (c *Client) authorizedAttempt(ctx context.Context, s *session, k call, n attempt) (*http.Response, *grant, error) {
	if err := s.waitForPause(ctx, c.retry); err != nil {
		return nil, nil, err
	}
	g, err := s.authorize(ctx, k.repo.RepositoryStr(), k.access)
	if err != nil {
		return nil, g, &handshakeError{err}
	}
	resp, err := c.roundTrip(ctx, s, k, g, n)
	g.markAccepted(err)
	return resp, g, err
}

// roundTrip sends one request, follows its redirects and checks the response.
func (c *Client) roundTrip(ctx context.Context, s *session, k call, g *grant, n attempt) (*http.Response, error) {
	to := newRoute(s, k)
	for {
		resp, err := c.hop(ctx, s, k, g, to, n)
		if err != nil {
			return nil, err
		}
		if !isRedirect(resp.StatusCode) {
			return c.check(s, k, to, resp)
		}
		if err := to.follow(resp); err != nil {
			return nil, err
		}
	}
}

// hop sends one request to the current URL of a route.
func (c *Client) hop(ctx context.Context, s *session, k call, g *grant, to *route, n attempt) (*http.Response, error) {
	req, body, err := newRequest(ctx, s, k, g, to.url)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(s, req, body, k.operation, n)
	if err != nil {
		return nil, to.blame(&NoAnswer{Host: req.URL.Host, Operation: k.operation, Err: err})
	}
	return resp, nil
}

// check returns the response if its status means success. If the call has the
// function readContent, check also reads the body of the response.
func (c *Client) check(s *session, k call, to *route, resp *http.Response) (*http.Response, error) {
	if !slices.Contains(k.statuses, resp.StatusCode) || isLoginPage(k, resp) {
		refusal := newError(k.operation, resp)
		refusal.Repository = k.repo.RepositoryStr()
		if !s.isHome(resp.Request.URL) {
			refusal.From = to.from
		}
		return nil, refusal
	}
	if k.readContent == nil {
		return resp, nil
	}
	err := decompress(resp)
	if err == nil {
		err = k.readContent(resp)
	}
	host := resp.Request.URL.Host
	switch err = errors.Join(err, resp.Body.Close()); {
	case err == nil:
		return resp, nil
	case errors.As(err, new(*ResponseError)):
		return nil, err
	case isContentError(err):
		return nil, &ResponseError{Host: host, Operation: k.operation, Problem: "the content of the response is wrong: " + sanitize(err.Error())}
	}
	return nil, &NoAnswer{Host: host, Operation: k.operation, Incomplete: true, Err: &networkError{host, err}}
}

// isContentError reports whether the content of a complete response is wrong.
func isContentError(err error) bool {
	return errors.Is(err, errNoTagList) || errors.As(err, new(*json.SyntaxError)) || errors.As(err, new(*json.UnmarshalTypeError))
}

func isThrottled(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusTooManyRequests
}

// newRequest builds the request of one attempt. Each attempt reads the body from
// its start.
func newRequest(ctx context.Context, s *session, k call, g *grant, target *url.URL) (*http.Request, *requestBody, error) {
	body := &requestBody{size: k.size}
	req, err := http.NewRequestWithContext(ctx, k.method, target.String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", k.operation, err)
	}
	for key, values := range k.header {
		req.Header[key] = values
	}
	if k.body != nil {
		if body.body, err = k.body(ctx); err != nil {
			return nil, nil, &bodyError{err}
		}
		req.Body, req.ContentLength = body, k.size
	}
	s.authenticate(req, g)
	return req, body, nil
}

// send runs one round trip with the idle timeout, and counts the request. If the registry
// is in the public network, send sends no request for another host to a private address.
func (c *Client) send(s *session, req *http.Request, body *requestBody, operation string, n attempt) (*http.Response, error) {
	idle, ctx := startIdleTimer(req.Context(), idleTimeout(c.opts.IdleTimeout, n.silent), c.announcer(req.URL.Host, operation))
	body.idle = idle
	req = req.WithContext(ctx)
	req.Header.Set("User-Agent", c.opts.UserAgent)
	home := s.isHome(req.URL)
	if home {
		req = s.origin.Trace(req, c.transports.small.Proxy)
	}
	begin := time.Now()
	resp, err := c.transports.forSize(body.size, n.http1, !home && s.origin.Public()).RoundTrip(req)
	x := Exchange{
		Method: req.Method, Host: req.URL.Host, Path: req.URL.Path,
		Sent: body.sent.Load(), Duration: time.Since(begin), Attempt: n.number,
	}
	if err != nil {
		err = idle.explain(err)
		idle.stop()
		err = &networkError{req.URL.Host, err}
		if source := body.failure(); source != nil {
			err = &bodyError{source}
		}
		x.Error = sanitize(err.Error())
		c.Counters.add(x)
		return nil, err
	}
	idle.answered()
	x.Status, x.RequestID = resp.StatusCode, diag.RequestID(resp.Header.Get("X-GitHub-Request-Id"))
	c.Counters.add(x)
	resp.Request = req
	resp.Body = &responseBody{body: resp.Body, idle: idle, read: &c.Counters.BytesRead}
	return resp, nil
}

// announcer returns a function that reports a long wait for an answer. announcer
// returns nil if the caller needs no reports.
func (c *Client) announcer(host, operation string) func(silent, left time.Duration) {
	if c.opts.OnSilence == nil {
		return nil
	}
	return func(silent, left time.Duration) { c.opts.OnSilence(host, operation, silent, left) }
}

// discardBody reads the rest of a short response body, so that another request
// can use the connection.
func discardBody(resp *http.Response) error {
	_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxErrorBody))
	return err
}
