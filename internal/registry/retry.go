package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

const (
	// maxAttempts limits the attempts of one request. With waits that start at
	// firstWait and double, eight attempts take more than half a minute.
	maxAttempts = 8
	// mostAttempts limits the attempts of one request while the host answers
	// other requests of the same kind. An answer to another request shows that
	// the fault is temporary, so the wait starts again at firstWait.
	mostAttempts = 3 * maxAttempts
	firstWait    = 300 * time.Millisecond
	longestWait  = 30 * time.Second
	// reportedWait is the shortest wait that the program reports to the user.
	reportedWait = 5 * time.Second
	// throttledWait is the shortest wait after status 429. Shorter waits are
	// useless, because ghcr.io still applies the same limit (docs/ghcr.md,
	// Refused: too many requests).
	throttledWait = time.Second
	// secondaryWait is the wait after GitHub's secondary rate limit. GitHub's
	// limit lasts several minutes (docs/ghcr.md, Refused: secondary rate limit).
	secondaryWait = 2 * time.Minute
	// longestRequest is the longest wait that a server can request from the run.
	// A job on a hosted runner ends after six hours (docs/ghcr.md, Limits of
	// GITHUB_TOKEN).
	longestRequest = 6 * time.Hour
)

// retrier waits between the attempts of a request.
type retrier struct {
	sleep  retry.Sleeper
	onWait func(time.Duration, error) // may be nil
}

// attemptState counts the attempts of one request.
type attemptState struct {
	attempts      int
	fruitless     int              // fruitless is the number of failures since the host last answered a request of the same kind.
	host          *session         // host, if not nil, counts the answers to requests of each kind.
	seen          map[string]int64 // seen contains the number of answers of each kind at the latest failure.
	tokenReplaced bool
	silent        int            // silent is the number of attempts without an answer. Such attempts extend the idle timeout.
	http1         bool           // http1 is true if later attempts must use HTTP/1.1 after a failure of HTTP/2.
	rows          map[string]int // rows contains the number of failures for each row of the table.
}

// decision is the reaction to a failed attempt.
type decision struct {
	retry     bool
	newToken  bool // newToken is true for an immediate retry with a new token.
	wait      time.Duration
	throttled bool // throttled is true if the server reported a rate limit.
	spent     bool // spent is true if only the limit of attempts prevents another attempt.
}

// decide returns the reaction to an error according to retry.Table. The method "decide"
// does not check the deadline, because retrier.wait checks the deadline.
func (s *attemptState) decide(err error, request retry.Request, tokenAge time.Duration) decision {
	f := failureOf(err, request, tokenAge)
	f.TokenReplaced = s.tokenReplaced
	f.WriteAccepted = s.host != nil && s.host.acceptedWrite(repositoryOf(err))
	row := retry.Decide(f)
	s.count(row, f.Transport)
	s.countFruitless(operationOf(err))
	limit := s.fruitless >= maxAttempts || s.attempts >= mostAttempts
	if row.NewToken {
		return decision{retry: !limit, newToken: true}
	}
	again := row.Reaction == retry.Again || row.Reaction == retry.AgainFromStart
	if limit || (row.Attempts > 0 && s.rows[row.Name] >= row.Attempts) {
		return decision{spent: again}
	}
	if !again {
		return decision{}
	}
	return decision{retry: true, wait: s.pause(row.Pause, err), throttled: row.Pause == retry.Throttled || row.Pause == retry.Minutes}
}

func (s *attemptState) count(row retry.Row, kind retry.Transport) {
	if s.rows == nil {
		s.rows = map[string]int{}
	}
	s.rows[row.Name]++
	s.http1 = s.http1 || row.HTTP1
	if kind == retry.Silent || kind == retry.Slow {
		s.silent++
	}
}

// countFruitless counts a failure. If the host has answered a request of the
// same kind since the latest failure, the count starts again.
func (s *attemptState) countFruitless(operation string) {
	if s.host != nil {
		kind := kindOf(operation)
		if n := s.host.answersTo(kind); n != s.seen[kind] {
			if s.seen == nil {
				s.seen = map[string]int64{}
			}
			s.seen[kind], s.fruitless = n, 0
		}
	}
	s.fruitless++
}

// operationOf returns the operation of the request that failed, or "".
func operationOf(err error) string {
	var e *Error
	var noAnswer *NoAnswer
	switch {
	case errors.As(err, &e):
		return e.Operation
	case errors.As(err, &noAnswer):
		return noAnswer.Operation
	}
	return ""
}

// repositoryOf returns the repository of the request that the registry refused, or "".
func repositoryOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Repository
	}
	return ""
}

// kindOf returns the method and the object of an operation, for example "PUT blob".
func kindOf(operation string) string {
	method, rest, _ := strings.Cut(operation, " ")
	object, _, _ := strings.Cut(rest, " ")
	return method + " " + object
}

// pause returns the wait before the next attempt.
func (s *attemptState) pause(kind retry.Pause, err error) time.Duration {
	var e *Error
	var asked time.Duration
	if errors.As(err, &e) {
		asked = e.RetryAfter
	}
	switch kind {
	case retry.NoPause:
		return 0
	case retry.Throttled:
		return max(asked, retry.Jitter(throttledWait))
	case retry.Minutes:
		return max(asked, retry.Jitter(secondaryWait*time.Duration(s.fruitless)))
	}
	return max(asked, s.backoff())
}

// failureOf returns the facts about a failed attempt that retry.Table needs.
func failureOf(err error, request retry.Request, tokenAge time.Duration) retry.Failure {
	f := retry.Failure{Request: request, TokenAge: tokenAge}
	var e *Error
	if !errors.As(err, &e) || errors.As(err, new(*handshakeError)) || errors.As(err, new(*deadlineError)) {
		f.Transport = retry.TransportOf(err)
		return f
	}
	f.Status, f.MediaType, f.OtherHost = e.Status, e.MediaType, e.From != ""
	f.Message = e.ServerMessage() + " " + e.Page
	if e.Cause != nil {
		for _, d := range e.Cause.Errors {
			f.Codes = append(f.Codes, string(d.Code))
		}
	}
	return f
}

func (s *attemptState) backoff() time.Duration {
	return min(longestWait, retry.Backoff(firstWait, s.fruitless))
}

// wait sleeps for the duration d. wait returns a *deadlineError if d is longer
// than longestRequest, or if the wait would end after the deadline.
func (r retrier) wait(ctx context.Context, d time.Duration, cause error) error {
	if d > longestRequest || retry.Outlasts(ctx, d) {
		return &deadlineError{d, cause}
	}
	if r.onWait != nil && d >= reportedWait {
		r.onWait(d, cause)
	}
	if err := r.sleep.Wait(ctx, d); err != nil {
		return fmt.Errorf("waiting for the next attempt: %w (the last response was: %w)", err, cause)
	}
	return nil
}

// attempt contains the facts about one attempt that influence the request.
type attempt struct {
	number int  // counted from 1
	silent int  // silent is the number of earlier attempts without an answer.
	http1  bool // http1 is true if the attempt must use HTTP/1.1.
}

func (s *attemptState) attempt() attempt { return attempt{s.attempts, s.silent, s.http1} }

// repeat calls the function "try" until try succeeds, or until another attempt cannot
// succeed. If only a new token could help, repeat makes no further attempt, because its
// requests contain no token that the client could replace.
func (r retrier) repeat(ctx context.Context, try func(n attempt) (permanent bool, err error)) error {
	_, err := r.repeatAfter(ctx, 0, try)
	return err
}

// repeatAfter works like repeat, but starts after a number of failed attempts. The result
// "spent" is true if only the limit of attempts prevents another attempt.
func (r retrier) repeatAfter(ctx context.Context, failed int, try func(n attempt) (permanent bool, err error)) (spent bool, err error) {
	st := attemptState{attempts: failed, fruitless: failed}
	for {
		st.attempts++
		permanent, err := try(st.attempt())
		if err == nil {
			return false, nil
		}
		d := st.decide(err, "", 0)
		if permanent || !d.retry || d.newToken || ctx.Err() != nil {
			return d.spent, err
		}
		if err := r.wait(ctx, d.wait, err); err != nil {
			return false, err
		}
	}
}

// deadlineError is the error for a wait that would end after the run's deadline,
// or that is longer than longestRequest.
type deadlineError struct {
	wait  time.Duration
	cause error
}

func (e *deadlineError) Error() string {
	if e.wait > longestRequest {
		return fmt.Sprintf("%v; the server requests a wait of more than %.0f hours before the next attempt", e.cause, longestRequest.Hours())
	}
	return fmt.Sprintf("%v; the run would exceed its timeout while it waits %.0f s for the next attempt", e.cause, e.wait.Seconds())
}

func (e *deadlineError) Unwrap() error { return e.cause }

func (e *deadlineError) Transport() retry.Transport { return retry.OutOfTime }
