package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

const (
	// maxAttempts limits the attempts of one request. The first wait is firstWait, and
	// each wait is twice as long as the wait before. Eight attempts therefore take
	// more than half a minute.
	maxAttempts = 8
	firstWait   = 300 * time.Millisecond
	longestWait = 30 * time.Second
	// reportedWait is the shortest wait that is reported to the user.
	reportedWait = 5 * time.Second
	// throttledWait is the shortest wait after status 429. After shorter waits,
	// ghcr.io still applied the same limit (docs/ghcr.md, Refused: too many requests).
	throttledWait = time.Second
	// secondaryWait is the wait after GitHub's secondary rate limit, because this
	// limit lasts minutes (docs/ghcr.md, Refused: secondary rate limit).
	secondaryWait = 2 * time.Minute
	// freshToken is the age below which a token cannot be the cause of a
	// refusal.
	freshToken = 30 * time.Second
)

// retrier waits between attempts.
type retrier struct {
	sleep  retry.Sleeper
	onWait func(time.Duration, error) // may be nil
}

// attemptState counts the attempts of one request.
type attemptState struct {
	attempts      int
	tokenReplaced bool
}

// decision is the reaction to a failed attempt.
type decision struct {
	retry     bool
	newToken  bool // retry immediately with a new token
	wait      time.Duration
	throttled bool // the server reported a rate limit
}

// decide returns the reaction to an error. It does not check the deadline, because
// retrier.wait checks it.
func (s *attemptState) decide(err error, tokenAge time.Duration) decision {
	var e *Error
	var late *deadlineError
	switch {
	case s.attempts >= maxAttempts, errors.As(err, &late), errors.Is(err, context.Canceled) && !errors.Is(err, errIdle):
		return decision{}
	case errors.As(err, &e):
		return s.decideStatus(e, tokenAge)
	case errors.As(err, new(*bodyError)), errors.As(err, new(*tls.CertificateVerificationError)):
		return decision{} // no retry, because another attempt reads the same source and the same certificate
	default:
		return decision{retry: true, wait: s.backoff()}
	}
}

func (s *attemptState) decideStatus(e *Error, tokenAge time.Duration) decision {
	switch e.Status {
	case http.StatusUnauthorized:
		return decision{retry: !s.tokenReplaced, newToken: true}
	case http.StatusForbidden:
		if strings.Contains(e.ServerMessage(), "secondary rate limit") {
			return decision{retry: true, wait: max(e.RetryAfter, retry.Jitter(secondaryWait*time.Duration(s.attempts))), throttled: true}
		}
		// A registry can refuse an expired token without a challenge.
		return decision{retry: !s.tokenReplaced && tokenAge > freshToken, newToken: true}
	case http.StatusTooManyRequests:
		return decision{retry: true, wait: max(e.RetryAfter, retry.Jitter(throttledWait)), throttled: true}
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout, 499, 522:
		return decision{retry: true, wait: max(e.RetryAfter, s.backoff())}
	}
	return decision{}
}

func (s *attemptState) backoff() time.Duration {
	return min(longestWait, retry.Backoff(firstWait, s.attempts))
}

// wait sleeps for d. It returns a *deadlineError if the wait would end after the
// deadline.
func (r retrier) wait(ctx context.Context, d time.Duration, cause error) error {
	if retry.Outlasts(ctx, d) {
		return &deadlineError{d, cause}
	}
	if r.onWait != nil && d >= reportedWait {
		r.onWait(d, cause)
	}
	if err := r.sleep.Wait(ctx, d); err != nil {
		return fmt.Errorf("waiting for the next attempt: %w (last response: %w)", err, cause)
	}
	return nil
}

// repeat calls try with the number of the attempt until it succeeds or another
// attempt cannot succeed. A refusal is final, because these requests contain no
// token that could be replaced.
func (r retrier) repeat(ctx context.Context, try func(n int) (permanent bool, err error)) error {
	var st attemptState
	for {
		st.attempts++
		permanent, err := try(st.attempts)
		if err == nil {
			return nil
		}
		d := st.decide(err, 0)
		if permanent || !d.retry || d.newToken || ctx.Err() != nil {
			return err
		}
		if err := r.wait(ctx, d.wait, err); err != nil {
			return err
		}
	}
}

// deadlineError is the error of a wait that would end after the run's deadline.
type deadlineError struct {
	wait  time.Duration
	cause error
}

func (e *deadlineError) Error() string {
	return fmt.Sprintf("%v; the run would exceed its timeout while it waits %.0f s for the next attempt", e.cause, e.wait.Seconds())
}

func (e *deadlineError) Unwrap() error { return e.cause }
