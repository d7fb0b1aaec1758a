// Package retry implements the attempts of a request. The package contains the
// backoff, the retry budget of an operation, and a wait that ends early if the
// context ends. The variable Table determines whether the client sends a failed
// request to a registry again.
//
// The package sends no requests. For other protocols than the protocol of
// registries, the callers of Budget decide about retries.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Sleeper waits for the duration d. If ctx ends earlier, Sleeper returns the
// cause of the end of ctx. Tests use a Sleeper that does not wait.
type Sleeper func(ctx context.Context, d time.Duration) error

// Wait calls the Sleeper s. If s is nil, Wait waits on the real clock.
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
	Tries int           // Tries is the number of attempts, including the first attempt.
	Wait  time.Duration // Wait is the wait before the second attempt. The wait doubles after each attempt.
	Sleep Sleeper
}

// Do calls the function "try" until the result "again" is false, or until the budget is
// spent. Do returns the error of the last attempt. If a wait ends early, Do returns the
// error of the Sleeper instead.
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

// Backoff returns the wait after the attempt with the number n. The first attempt has the
// number 1. The first wait is the duration "first" with jitter, and the wait doubles
// after each attempt.
func Backoff(first time.Duration, n int) time.Duration {
	return Jitter(first << (n - 1))
}

// Jitter returns a random duration in [d, 1.5d). The random part separates the
// retries of requests that failed at the same time. The argument d must be at
// least 2 ns.
func Jitter(d time.Duration) time.Duration {
	return d + rand.N(d/2) //nolint:gosec // Jitter needs no cryptographic randomness.
}

// Outlasts reports whether a wait of the duration d would end after the deadline
// of ctx.
func Outlasts(ctx context.Context, d time.Duration) bool {
	end, ok := ctx.Deadline()
	return ok && time.Until(end) < d
}
