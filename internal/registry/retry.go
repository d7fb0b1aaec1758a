package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Sleeper waits for d or until ctx ends, whichever is first.
type Sleeper func(ctx context.Context, d time.Duration) error

const (
	// maxAttempts bounds the sendings of one request. Waits double from
	// firstWait, so that eight attempts reach over half a minute.
	maxAttempts = 8
	firstWait   = 300 * time.Millisecond
	longestWait = 30 * time.Second
	// worthTelling is the wait that a user is told of.
	worthTelling = 5 * time.Second
	// throttledWait is the least wait after 429: shorter ones were seen to
	// meet the same limit again (docs/ghcr.md, Refused: too many requests).
	throttledWait = time.Second
	// secondaryWait follows GitHub's abuse limit, which lasts minutes
	// (docs/ghcr.md, Refused: secondary rate limit).
	secondaryWait = 2 * time.Minute
	// freshToken is the age below which a refusal is not blamed on the token.
	freshToken = 30 * time.Second
)

type retrier struct {
	sleep Sleeper
	tell  func(time.Duration, error) // nil: nobody
}

// state is what one request has been through.
type state struct {
	attempts  int
	refreshed bool
}

// verdict says what to do about a failed attempt.
type verdict struct {
	retry   bool
	refresh bool // with a new token, at once
	wait    time.Duration
	slow    bool // the server is throttling
}

// judge decides from the error alone; see waits for the limits of the run.
func (s *state) judge(err error, tokenAge time.Duration) verdict {
	var e *Error
	var late *lateError
	switch {
	case s.attempts >= maxAttempts, errors.As(err, &late), errors.Is(err, context.Canceled) && !errors.Is(err, errStalled):
		return verdict{}
	case errors.As(err, &e):
		return s.judgeStatus(e, tokenAge)
	case errors.As(err, new(*bodyError)), errors.As(err, new(*tls.CertificateVerificationError)):
		return verdict{} // the source, or the host, stays what it is
	default:
		return verdict{retry: true, wait: s.backoff()}
	}
}

func (s *state) judgeStatus(e *Error, tokenAge time.Duration) verdict {
	switch e.Status {
	case http.StatusUnauthorized:
		return verdict{retry: !s.refreshed, refresh: true}
	case http.StatusForbidden:
		if strings.Contains(e.Words(), "secondary rate limit") {
			return verdict{retry: true, wait: max(e.RetryAfter, jitter(secondaryWait*time.Duration(s.attempts))), slow: true}
		}
		// An expired token may be refused without a challenge.
		return verdict{retry: !s.refreshed && tokenAge > freshToken, refresh: true}
	case http.StatusTooManyRequests:
		return verdict{retry: true, wait: max(e.RetryAfter, jitter(throttledWait)), slow: true}
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout, 499, 522:
		return verdict{retry: true, wait: max(e.RetryAfter, s.backoff())}
	}
	return verdict{}
}

func (s *state) backoff() time.Duration {
	return min(longestWait, jitter(firstWait<<(s.attempts-1)))
}

// jitter spreads d over [d, 1.5d), so that parallel requests do not come back
// in step.
func jitter(d time.Duration) time.Duration {
	return d + rand.N(d/2)
}

// wait sleeps, unless the run would be over before.
func (r retrier) wait(ctx context.Context, d time.Duration, cause error) error {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return &lateError{d, cause}
	}
	if r.tell != nil && d >= worthTelling {
		r.tell(d, cause)
	}
	sleep := r.sleep
	if sleep == nil {
		sleep = realSleep
	}
	if err := sleep(ctx, d); err != nil {
		return fmt.Errorf("waiting to try again: %w (last answer: %w)", err, cause)
	}
	return nil
}

// lateError gives up because the wait would outlast the run.
type lateError struct {
	wait  time.Duration
	cause error
}

func (e *lateError) Error() string {
	return fmt.Sprintf("the next attempt would be in %s, after this run's timeout: %v", e.wait.Round(time.Second), e.cause)
}

func (e *lateError) Unwrap() error { return e.cause }

func realSleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
