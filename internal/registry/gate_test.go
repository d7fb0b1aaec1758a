package registry

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestGateHalvesGrowsAndStaysInItsBounds(t *testing.T) {
	t.Parallel()
	g := newGate()
	pass := func(n int, ok, throttled bool) {
		for range n {
			if err := g.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			g.leave(ok, throttled)
		}
	}
	steps := []struct {
		name          string
		times         int
		ok, throttled bool
		want          int
	}{
		{"begins", 0, true, false, firstBodies},
		{"a full round of successes", firstBodies, true, false, firstBodies + 1},
		{"failures of another kind", 20, false, false, firstBodies + 1},
		{"for ever", 1000, true, false, bulkConns},
		{"429", 1, false, true, bulkConns / 2},
		{"429 again and again", 20, false, true, 1},
		{"one success at a time", 1, true, false, 2},
		{"back again", 1000, true, false, bulkConns},
	}
	for _, s := range steps {
		pass(s.times, s.ok, s.throttled)
		if g.limit != s.want {
			t.Errorf("%s: got %d, want %d", s.name, g.limit, s.want)
		}
	}
}

func TestGateNeverLetsMoreIn(t *testing.T) {
	t.Parallel()
	g := newGate()
	var inside, most atomic.Int32
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			if err := g.enter(t.Context()); err != nil {
				t.Error(err)
				return
			}
			most.Store(max(most.Load(), inside.Add(1)))
			inside.Add(-1)
			g.leave(true, i%50 == 0)
		})
	}
	wg.Wait()
	if most.Load() > bulkConns || g.held != 0 || len(g.waiting) != 0 {
		t.Errorf("at most %d inside, %d left, %d waiting", most.Load(), g.held, len(g.waiting))
	}
}

func TestCancelledWaiterFreesItsPlace(t *testing.T) {
	t.Parallel()
	g := newGate()
	g.limit = 1
	if err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := g.enter(ctx); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if len(g.waiting) != 0 {
		t.Error("it still waits")
	}
	g.leave(true, false)
	if err := g.enter(t.Context()); err != nil || g.held != 1 {
		t.Errorf("got %v, %d inside", err, g.held)
	}
}

// A waiter can be called and cancelled at once; the place goes to the next.
func TestWaiterThatWasCalledHandsItsPlaceOn(t *testing.T) {
	t.Parallel()
	g := newGate()
	g.limit, g.held = 1, 1 // called: the place is counted
	next := make(chan struct{})
	g.waiting = []chan struct{}{next}
	g.abandon(make(chan struct{})) // no longer in the queue
	select {
	case <-next:
	default:
		t.Error("the next was not called")
	}
	if g.held != 1 {
		t.Errorf("%d inside, want the next alone", g.held)
	}
}
