// Package retry implements the attempts of a request. It contains the backoff, the
// retry budget of an operation, and a wait that ends early if the context ends. Its
// table (table.go) decides whether a failed request to a registry is sent again.
//
// The package sends no requests. The callers of Budget decide about other protocols.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Sleeper waits for d. If ctx ends earlier, it returns the cause of this end. Tests
// use a Sleeper that does not wait.
type Sleeper func(ctx context.Context, d time.Duration) error

// Wait calls the Sleeper. If s is nil, it waits on the real clock.
func (s Sleeper) Wait(ctx context.Context, d time.Duration) error {
	if s != nil {
		return s(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Budget is the retry budget of one operation.
type Budget struct {
	Tries int           // number of attempts, including the first attempt
	Wait  time.Duration // wait before the second attempt, doubled after each attempt
	Sleep Sleeper
}

// Do calls try until it returns again == false or until the budget is spent,
// and returns the error of the last attempt. If a wait ends early, Do returns
// the error of the Sleeper instead.
func (b Budget) Do(ctx context.Context, try func() (again bool, err error)) error {
	wait := b.Wait
	for n := 1; ; n++ {
		again, err := try()
		if !again || n >= b.Tries {
			return err
		}
		if err := b.Sleep.Wait(ctx, wait); err != nil {
			return err
		}
		wait *= 2
	}
}

// Backoff returns the wait after attempt n, counted from 1. The wait is first after
// the first attempt, doubles after each attempt, and has jitter.
func Backoff(first time.Duration, n int) time.Duration {
	return Jitter(first << (n - 1))
}

// Jitter returns a random duration in [d, 1.5d). The random part separates the
// retries of requests that failed at the same time. d must be at least 2 ns.
func Jitter(d time.Duration) time.Duration {
	return d + rand.N(d/2) //nolint:gosec // jitter needs no cryptographic randomness
}

// Outlasts reports whether a wait of d ends after the deadline of ctx.
func Outlasts(ctx context.Context, d time.Duration) bool {
	end, ok := ctx.Deadline()
	return ok && time.Until(end) < d
}
