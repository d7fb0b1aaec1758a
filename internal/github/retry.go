package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

const (
	// maxAttempts is the maximum number of attempts of a request that fails
	// for a temporary reason.
	maxAttempts = 3
	firstWait   = 300 * time.Millisecond
	// secondaryWait is the time to wait after a response that reports a
	// secondary rate limit but contains no time (GitHub's documentation of
	// rate limits).
	secondaryWait = time.Minute
	// longestWait is the maximum time that a run waits for the end of a rate
	// limit. If the rate limit ends later, the run continues without the API,
	// because publishing does not need the API.
	longestWait = 90 * time.Second
	// answerTimeout is the default time limit for one response. Without the
	// limit, a firewall that drops packets would delay the run until its
	// deadline.
	answerTimeout = 15 * time.Second
)

// withTimeout sends one request with a time limit. If a request exceeds the limit,
// withTimeout does not repeat the request, because publishing does not need the API.
// After such a request, the time limit of all later requests is five times shorter.
func (c *Client) withTimeout(ctx context.Context, send func(context.Context) error) error {
	limit := c.AnswerTimeout
	if limit == 0 {
		limit = answerTimeout
	}
	if c.unavailable.Load() {
		limit /= 5
	}
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := send(short)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		c.unavailable.Store(true)
		return fmt.Errorf("GitHub's API did not answer within %s", limit)
	}
	return err
}

// waiter returns the time to wait after attempt n. The result "temporary"
// reports whether another attempt can succeed.
type waiter func(err error, n int, now time.Time) (wait time.Duration, temporary bool)

// retry sends a request until it succeeds or fails for a permanent reason.
// After all attempts of one request have failed, retry sends each later
// request only once.
func (c *Client) retry(ctx context.Context, waitAfter waiter, send func() error) error {
	for n := 1; ; n++ {
		err := send()
		wait, temporary := waitAfter(err, n, time.Now())
		if !temporary {
			return err
		}
		if n == maxAttempts || c.unavailable.Load() {
			c.unavailable.Store(true)
			return err
		}
		if wait > longestWait || retry.Outlasts(ctx, wait) {
			return err
		}
		if c.Sleep.Wait(ctx, wait) != nil {
			return err
		}
	}
}

// waitAfter is the waiter of a request that may wait for the end of a rate limit.
func waitAfter(err error, n int, now time.Time) (wait time.Duration, temporary bool) {
	var limit *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	var network *url.Error
	backoff := retry.Backoff(firstWait, n)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return 0, false
	case errors.As(err, &limit):
		return max(limit.Rate.Reset.Sub(now), 0) + time.Second, true
	case errors.As(err, &secondary):
		if secondary.RetryAfter != nil {
			return max(*secondary.RetryAfter, backoff), true
		}
		return secondaryWait, true
	case errors.As(err, &answer) && answer.Response != nil:
		return waitAfterAnswer(answer, backoff, now)
	}
	return backoff, errors.As(err, &network)
}

// waitAfterAnswer returns the result of waitAfter for an error response that
// the library go-github does not classify as a rate limit. Such a response
// can still report a secondary rate limit, because go-github detects a
// secondary rate limit only by a link in the response.
func waitAfterAnswer(answer *github.ErrorResponse, backoff time.Duration, now time.Time) (wait time.Duration, temporary bool) {
	requested := retryAfter(answer.Response.Header, now)
	switch code := answer.Response.StatusCode; {
	case code == http.StatusTooManyRequests:
		return max(requested, time.Second), true
	case code == http.StatusForbidden && strings.Contains(answer.Message, "secondary rate limit"):
		if requested == 0 {
			requested = secondaryWait
		}
		return requested, true
	default:
		return max(requested, backoff), code >= http.StatusInternalServerError
	}
}

// retryAfter returns the time in the header Retry-After, which contains a
// number of seconds or a date (RFC 9110 §10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.Atoi(text); err == nil && s >= 0 {
		return time.Duration(min(s, 86400)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
