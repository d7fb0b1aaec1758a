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
	// maxAttempts limits the attempts of a request that fails for a temporary
	// reason.
	maxAttempts = 3
	firstWait   = 300 * time.Millisecond
	// secondaryWait is the wait that GitHub's documentation requires if the
	// response to a secondary rate limit contains no time.
	secondaryWait = time.Minute
	// longestWait is the longest wait for a rate limit. A run does not wait for a
	// longer limit, such as an hour, because it does not need the API.
	longestWait = 90 * time.Second
	// answerTimeout is the time limit for one response. Without this limit, a firewall
	// that drops packets would delay the run until its deadline.
	answerTimeout = 15 * time.Second
)

// withTimeout runs one request with a time limit. A request that exceeds the limit
// is not repeated, because publishing does not need the API. For the same reason,
// the limit of later requests is only a fifth.
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

// retry sends a request until it succeeds or another attempt cannot help. After
// one request has failed in all attempts, each later request is sent only once.
func (c *Client) retry(ctx context.Context, send func() error) error {
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

// waitAfter returns the wait after attempt n, and whether another attempt can
// succeed.
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

// waitAfterAnswer returns the result of waitAfter for error responses for which
// go-github has no type. Such a response can also report a secondary rate limit,
// because go-github recognizes this limit only by a link in the response.
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

// retryAfter reads the header Retry-After, which contains seconds or a date (RFC
// 9110 §10.2.3).
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
