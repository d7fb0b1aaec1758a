package registry

import (
	"context"
	"sync"
)

// The number of bodies sent to one host at a time: it starts at firstBodies,
// grows by one with every full round of successes up to bulkConns, and halves
// when the host says 429.
const firstBodies = 12

// gate lets a number of holders through that adapts to the host.
type gate struct {
	mu      sync.Mutex
	limit   int
	held    int
	wins    int
	waiting []chan struct{}
}

func newGate() *gate { return &gate{limit: firstBodies} }

// enter waits for a place, first come, first served.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.held < g.limit {
		g.held++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.abandon(turn)
		return context.Cause(ctx)
	}
}

// abandon takes a waiter out, or hands its place on if it was called already.
func (g *gate) abandon(turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == turn {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return
		}
	}
	g.held--
	g.admit()
}

// leave gives the place back and learns from how it went.
func (g *gate) leave(ok, throttled bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held--
	switch {
	case throttled:
		g.limit, g.wins = max(1, g.limit/2), 0
	case ok:
		if g.wins++; g.wins >= g.limit && g.limit < bulkConns {
			g.limit, g.wins = g.limit+1, 0
		}
	}
	g.admit()
}

func (g *gate) admit() {
	for len(g.waiting) > 0 && g.held < g.limit {
		g.held++
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
	}
}
