package github

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

const (
	// tries is how often a request is sent that meets a passing fault.
	tries     = 3
	firstWait = 300 * time.Millisecond
	// secondaryWait is what GitHub's documentation asks for where a secondary
	// limit names no time.
	secondaryWait = time.Minute
	// longestWait is the most that is waited for a limit: a run can do without
	// what the API tells, so that an hour's limit is reported, not waited for.
	longestWait = 90 * time.Second
	// answerTime is what one answer may take. An API behind a firewall that
	// drops packets would otherwise hold the run until its timeout.
	answerTime = 15 * time.Second
)

// within gives one request its time. One that is not answered in it is not
// sent again, and later ones get a fifth: publishing can do without the API.
func (c *Client) within(ctx context.Context, send func(context.Context) error) error {
	limit := c.Answer
	if limit == 0 {
		limit = answerTime
	}
	if c.down.Load() {
		limit /= 5
	}
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := send(short)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		c.down.Store(true)
		return fmt.Errorf("GitHub's API gave no answer in %s", limit)
	}
	return err
}

// again sends a request until it is answered, or no further attempt would
// help. An API that failed to the end once is asked only once from then on.
func (c *Client) again(ctx context.Context, send func() error) error {
	for n := 1; ; n++ {
		err := send()
		wait, passing := judge(err, n, time.Now())
		if !passing {
			return err
		}
		if n == tries || c.down.Load() {
			c.down.Store(true)
			return err
		}
		if end, ok := ctx.Deadline(); wait > longestWait || ok && time.Until(end) < wait {
			return err
		}
		if c.sleep(ctx, wait) != nil {
			return err
		}
	}
}

// judge says whether an error may be gone after a wait.
func judge(err error, n int, now time.Time) (wait time.Duration, passing bool) {
	var limit *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	var line *url.Error
	backoff := firstWait << (n - 1)
	backoff += rand.N(backoff / 2) //nolint:gosec // spreading retries needs no secrecy
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
		return judgeAnswer(answer, backoff, now)
	}
	return backoff, errors.As(err, &line)
}

// judgeAnswer is for answers that go-github has no type for: it knows a
// secondary limit only by a link in it.
func judgeAnswer(answer *github.ErrorResponse, backoff time.Duration, now time.Time) (wait time.Duration, passing bool) {
	asked := retryAfter(answer.Response.Header, now)
	switch code := answer.Response.StatusCode; {
	case code == http.StatusTooManyRequests:
		return max(asked, time.Second), true
	case code == http.StatusForbidden && strings.Contains(answer.Message, "secondary rate limit"):
		if asked == 0 {
			asked = secondaryWait
		}
		return asked, true
	default:
		return max(asked, backoff), code >= http.StatusInternalServerError
	}
}

// retryAfter reads the header: seconds, or a date (RFC 9110 §10.2.3).
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

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep != nil {
		return c.Sleep(ctx, d)
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// limited is a rate limit in words for people.
type limited struct {
	error
	until time.Time // zero: not told
}

func (e *limited) Error() string {
	if e.until.IsZero() {
		return "GitHub's API answered that there are too many requests (a secondary rate limit)"
	}
	return fmt.Sprintf("GitHub's API answered that this token's requests are used up until %s", e.until.UTC().Format("15:04 MST"))
}

func (e *limited) Unwrap() error { return e.error }

// words puts GitHub's answer in words for people.
func words(err error) error {
	var answer *github.ErrorResponse
	var limit *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	switch {
	case errors.As(err, &limit):
		return &limited{err, limit.Rate.Reset.Time}
	case errors.As(err, &secondary):
		return &limited{error: err}
	case errors.As(err, &answer) && answer.Response != nil:
		return &refusal{answer}
	}
	return err
}
