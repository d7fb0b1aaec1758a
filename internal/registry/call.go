package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// call describes one request to a registry. The client can send it several
// times.
type call struct {
	operation   string // the name of the request in errors: `PUT manifest "1.2"`
	method      string
	repo        name.Repository
	access      Access
	path        string   // relative to /v2/<repository>/
	url         *url.URL // replaces path: an upload location or the target of a redirect
	header      http.Header
	body        func(ctx context.Context) (io.ReadCloser, error)
	size        int64                      // size of the body in bytes; -1 if unknown
	statuses    []int                      // statuses that mean success
	singleShot  bool                       // do not repeat the call after a failure, except with a new token
	readContent func(*http.Response) error // reads the response's body as a part of the attempt
}

// bodyError is an error of opening or reading the body to send. Another attempt
// cannot succeed, because the source causes the error.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

// handshakeError is an error of the authentication. It is not retried, because the
// authentication has its own retry budget.
type handshakeError struct{ error }

func (e *handshakeError) Unwrap() error { return e.error }

// do sends a call until it succeeds or its retry budget is spent. If the call
// has no readContent, the caller must close the response's body.
func (c *Client) do(ctx context.Context, k call) (*http.Response, error) {
	s := c.session(k.repo.Registry)
	var st attemptState
	for {
		st.attempts++
		resp, g, err := c.attempt(ctx, s, k, st.attempts)
		if err == nil {
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
// prepareRetry returns the error.
func (c *Client) prepareRetry(ctx context.Context, s *session, k call, g *grant, st *attemptState, err error) error {
	d := st.decide(err, g.age())
	if errors.As(err, new(*handshakeError)) {
		return err
	}
	if !d.retry || (k.singleShot && !d.newToken) {
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
	return c.retry.wait(ctx, d.wait, err)
}

func (c *Client) attempt(ctx context.Context, s *session, k call, n int) (*http.Response, *grant, error) {
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

// authorizedAttempt runs one attempt after the limiter has admitted it. It checks
// the token after the wait for the limiter, because the token can expire during
// this wait.
func (c *Client) authorizedAttempt(ctx context.Context, s *session, k call, n int) (*http.Response, *grant, error) {
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

// roundTrip sends one request and checks its response.
func (c *Client) roundTrip(ctx context.Context, s *session, k call, g *grant, n int) (*http.Response, error) {
	req, body, err := newRequest(ctx, s, k, g)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(req, body, n)
	if err != nil {
		return nil, &NoAnswer{Host: req.URL.Host, Operation: k.operation, Err: err}
	}
	if !slices.Contains(k.statuses, resp.StatusCode) {
		refusal := newError(k.operation, resp)
		refusal.Repository = k.repo.RepositoryStr()
		return nil, refusal
	}
	if k.readContent != nil {
		err = errors.Join(k.readContent(resp), resp.Body.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.operation, err)
	}
	return resp, nil
}

func isThrottled(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusTooManyRequests
}

// newRequest builds the request of one attempt. Each attempt reads the body from
// its start.
func newRequest(ctx context.Context, s *session, k call, g *grant) (*http.Request, *requestBody, error) {
	target := k.url
	if target == nil {
		target = s.endpoint(k.repo, k.path)
	}
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

// send runs one round trip with the idle timeout, and counts the request.
func (c *Client) send(req *http.Request, body *requestBody, n int) (*http.Response, error) {
	idle, ctx := startIdleTimer(req.Context(), c.opts.IdleTimeout)
	body.idle = idle
	req = req.WithContext(ctx)
	req.Header.Set("User-Agent", c.opts.UserAgent)
	begin := time.Now()
	resp, err := c.transports.forSize(body.size).RoundTrip(req)
	x := Exchange{
		Method: req.Method, Host: req.URL.Host, Path: req.URL.Path,
		Sent: body.sent.Load(), Duration: time.Since(begin), Attempt: n,
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
	x.Status, x.RequestID = resp.StatusCode, diag.RequestID(resp.Header.Get("X-GitHub-Request-Id"))
	c.Counters.add(x)
	resp.Request = req
	resp.Body = &responseBody{body: resp.Body, idle: idle, read: &c.Counters.BytesRead}
	return resp, nil
}

// discardBody reads the short body of a response without content, so that its
// connection can be used again.
func discardBody(resp *http.Response) error {
	_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxErrorBody))
	return err
}
