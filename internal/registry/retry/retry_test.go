package retry_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

func TestBudgetLimitsAttemptsAndDoublesTheWait(t *testing.T) {
	t.Parallel()
	failure := errors.New("failure")
	cases := []struct {
		name    string
		succeed int // number of the attempt that succeeds; 0 if no attempt succeeds
		waits   []time.Duration
		err     error
	}{
		{name: "first attempt", succeed: 1},
		{name: "third attempt", succeed: 3, waits: []time.Duration{time.Second, 2 * time.Second}},
		{name: "no attempt", waits: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, err: failure},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var waits []time.Duration
			attempts := 0
			budget := retry.Budget{Tries: 4, Wait: time.Second, Sleep: func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}}
			err := budget.Do(t.Context(), func() (bool, error) {
				attempts++
				if attempts == c.succeed {
					return false, nil
				}
				return true, failure
			})
			if !errors.Is(err, c.err) || !slices.Equal(waits, c.waits) || attempts != len(c.waits)+1 {
				t.Errorf("%d attempts, waits %v, error %v; want waits %v, error %v", attempts, waits, err, c.waits, c.err)
			}
		})
	}
}

func TestBudgetReturnsTheCauseOfACancelledWait(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	attempts := 0
	err := retry.Budget{Tries: 9, Wait: time.Hour}.Do(ctx, func() (bool, error) {
		attempts++
		return true, errors.New("failure")
	})
	if !errors.Is(err, cause) || attempts != 1 {
		t.Errorf("%d attempts, error %v", attempts, err)
	}
}

func TestBackoffDoublesAndAddsUpToHalf(t *testing.T) {
	t.Parallel()
	for n, least := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second} {
		for range 100 {
			if got := retry.Backoff(time.Second, n); got < least || got >= least*3/2 {
				t.Errorf("attempt %d: wait %s, want %s up to half more", n, got, least)
			}
		}
	}
}

func TestOutlastsComparesTheWaitWithTheDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if retry.Outlasts(t.Context(), 24*time.Hour) || retry.Outlasts(ctx, time.Minute) || !retry.Outlasts(ctx, 2*time.Hour) {
		t.Error("Outlasts does not follow the deadline")
	}
}
