package registry

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestLimitAdaptsToTheResultsWithinItsBounds(t *testing.T) {
	t.Parallel()
	l := newLimiter()
	run := func(n int, ok, throttled bool) {
		for range n {
			if err := l.acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.release(ok, throttled)
		}
	}
	steps := []struct {
		name          string
		times         int
		ok, throttled bool
		want          int
	}{
		{"initial limit", 0, true, false, initialUploads},
		{"one full round of successes", initialUploads, true, false, initialUploads + 1},
		{"failures without 429", 20, false, false, initialUploads + 1},
		{"many successes", 1000, true, false, maxUploads},
		{"429", 1, false, true, maxUploads / 2},
		{"many answers with 429", 20, false, true, 1},
		{"one success at limit 1", 1, true, false, 2},
		{"many successes again", 1000, true, false, maxUploads},
	}
	for _, s := range steps {
		run(s.times, s.ok, s.throttled)
		if l.limit != s.want {
			t.Errorf("%s: got %d, want %d", s.name, l.limit, s.want)
		}
	}
}

func TestLimiterNeverExceedsTheLimit(t *testing.T) {
	t.Parallel()
	l := newLimiter()
	var active, most atomic.Int32
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			if err := l.acquire(t.Context()); err != nil {
				t.Error(err)
				return
			}
			most.Store(max(most.Load(), active.Add(1)))
			active.Add(-1)
			l.release(true, i%50 == 0)
		})
	}
	wg.Wait()
	if most.Load() > maxUploads || l.active != 0 || len(l.waiting) != 0 {
		t.Errorf("at most %d active; at the end %d active and %d waiting", most.Load(), l.active, len(l.waiting))
	}
}

func TestCancelledCallerLeavesTheQueue(t *testing.T) {
	t.Parallel()
	l := newLimiter()
	l.limit = 1
	if err := l.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := l.acquire(ctx); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if len(l.waiting) != 0 {
		t.Error("the cancelled caller is still in the queue")
	}
	l.release(true, false)
	if err := l.acquire(t.Context()); err != nil || l.active != 1 {
		t.Errorf("got %v, %d active", err, l.active)
	}
}

// A caller can be admitted and cancelled at the same time. The next caller is
// then admitted.
func TestCancelledCallerThatWasAdmittedAdmitsTheNext(t *testing.T) {
	t.Parallel()
	l := newLimiter()
	l.limit, l.active = 1, 1 // one caller is admitted
	next := make(chan struct{})
	l.waiting = []chan struct{}{next}
	l.cancel(make(chan struct{})) // the admitted caller is not in the queue
	select {
	case <-next:
	default:
		t.Error("the next caller was not admitted")
	}
	if l.active != 1 {
		t.Errorf("%d active, want only the next caller", l.active)
	}
}
