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
)

// call is one request to a registry, in a form that can be sent again.
type call struct {
	doing  string // names it in errors: `PUT manifest "1.2"`
	method string
	repo   name.Repository
	access Access
	path   string   // below /v2/<repository>/
	url    *url.URL // an upload location; wins over path
	header http.Header
	body   func(ctx context.Context) (io.ReadCloser, error)
	size   int64                      // of the body; -1 unknown
	want   []int                      // statuses that are answers
	once   bool                       // a lost answer must be looked into before sending again
	read   func(*http.Response) error // reads the answer's body, as part of the attempt
}

// bodyError is a failure of the body that was being sent: the source's fault,
// which no other attempt mends.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

// settled is a failure of the handshake, which has had attempts of its own.
type settled struct{ error }

func (e *settled) Unwrap() error { return e.error }

// do sends a call until it is answered, or cannot be. Without k.read the
// answer's body is the caller's to close.
func (c *Client) do(ctx context.Context, k call) (*http.Response, error) {
	s := c.session(k.repo.Registry)
	var st state
	for {
		st.attempts++
		resp, g, err := c.attempt(ctx, s, k, st.attempts)
		if err == nil {
			return resp, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", k.doing, context.Cause(ctx))
		}
		if err := c.again(ctx, s, k, g, &st, err); err != nil {
			return nil, err
		}
	}
}

// again prepares the next attempt, or returns the error to give up with.
func (c *Client) again(ctx context.Context, s *session, k call, g *grant, st *state, err error) error {
	v := st.judge(err, g.age())
	if errors.As(err, new(*settled)) {
		return err
	}
	if !v.retry || (k.once && !v.refresh) {
		return err
	}
	if v.refresh {
		st.refreshed = true
		s.forget(k.repo.RepositoryStr(), g)
		return nil
	}
	if v.slow {
		s.pause(v.wait, err)
	}
	return c.retry.wait(ctx, v.wait, err)
}

func (c *Client) attempt(ctx context.Context, s *session, k call, n int) (*http.Response, *grant, error) {
	if k.body == nil || !bulky(k.size) {
		return c.admitted(ctx, s, k, n)
	}
	if err := s.bodies.enter(ctx); err != nil {
		return nil, nil, err
	}
	resp, g, err := c.admitted(ctx, s, k, n)
	s.bodies.leave(err == nil, isThrottled(err))
	return resp, g, err
}

// admitted is an attempt past the gate. The token is looked at only now: it
// could have expired in the queue.
func (c *Client) admitted(ctx context.Context, s *session, k call, n int) (*http.Response, *grant, error) {
	if err := s.paused(ctx, c.retry); err != nil {
		return nil, nil, err
	}
	g, err := s.authorize(ctx, k.repo.RepositoryStr(), k.access)
	if err != nil {
		return nil, g, &settled{err}
	}
	resp, err := c.exchange(ctx, s, k, g, n)
	g.learn(err)
	return resp, g, err
}

// exchange is one request and its answer.
func (c *Client) exchange(ctx context.Context, s *session, k call, g *grant, n int) (*http.Response, error) {
	req, sent, err := c.request(ctx, s, k, g)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(req, sent, n)
	if err != nil {
		return nil, &NoAnswer{Host: req.URL.Host, Doing: k.doing, Err: err}
	}
	if !slices.Contains(k.want, resp.StatusCode) {
		refusal := newError(k.doing, resp)
		refusal.Repository = k.repo.RepositoryStr()
		return nil, refusal
	}
	if k.read != nil {
		err = errors.Join(k.read(resp), resp.Body.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.doing, err)
	}
	return resp, nil
}

func isThrottled(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusTooManyRequests
}

// request builds a fresh request with a fresh body.
func (c *Client) request(ctx context.Context, s *session, k call, g *grant) (*http.Request, *outgoing, error) {
	target := k.url
	if target == nil {
		target = s.endpoint(k.repo, k.path)
	}
	out := &outgoing{size: k.size}
	req, err := http.NewRequestWithContext(ctx, k.method, target.String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", k.doing, err)
	}
	for key, values := range k.header {
		req.Header[key] = values
	}
	if k.body != nil {
		if out.body, err = k.body(ctx); err != nil {
			return nil, nil, &bodyError{err}
		}
		req.Body, req.ContentLength = out, k.size
	}
	s.sign(req, g)
	return req, out, nil
}

// send does one round trip under the stall watch and counts it.
func (c *Client) send(req *http.Request, out *outgoing, n int) (*http.Response, error) {
	w, ctx := watchStall(req.Context(), c.opts.StallTimeout)
	out.watch = w
	req = req.WithContext(ctx)
	req.Header.Set("User-Agent", c.opts.UserAgent)
	begin := time.Now()
	resp, err := c.wire.pick(out.size).RoundTrip(req)
	x := Exchange{
		Method: req.Method, Host: req.URL.Host, Path: req.URL.Path,
		Sent: out.sent.Load(), Duration: time.Since(begin), Attempt: n,
	}
	if err != nil {
		err = w.explain(err)
		w.stop()
		err = &lineError{err}
		if source := out.failure(); source != nil {
			err = &bodyError{source}
		}
		x.Error = clean(err.Error())
		c.Meter.add(x)
		return nil, err
	}
	x.Status, x.RequestID = resp.StatusCode, clean(resp.Header.Get("X-GitHub-Request-Id"))
	c.Meter.add(x)
	resp.Request = req
	resp.Body = &incoming{body: resp.Body, watch: w, read: &c.Meter.BytesRead}
	return resp, nil
}

// discard reads what little an answer without content has, so that its
// connection can be used again.
func discard(resp *http.Response) error {
	_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxErrorBody))
	return err
}
