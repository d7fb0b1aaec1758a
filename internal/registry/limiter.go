package registry

import (
	"context"
	"sync"
)

// initialUploads is the initial limit of concurrent uploads to one host.
const initialUploads = 12

// limiter limits the concurrent uploads to one host. The limit starts at
// initialUploads and is at most maxUploads. After n successful uploads, a limit
// of n becomes n+1. A response with status 429 halves the limit.
type limiter struct {
	mu        sync.Mutex
	limit     int
	active    int
	successes int // successes is the number of successful uploads since the last change of the limit.
	waiting   []chan struct{}
}

func newLimiter() *limiter { return &limiter{limit: initialUploads} }

// acquire waits until one more upload is allowed. acquire admits callers in the
// order of their calls.
func (l *limiter) acquire(ctx context.Context) error {
	l.mu.Lock()
	if l.active < l.limit {
		l.active++
		l.mu.Unlock()
		return nil
	}
	admitted := make(chan struct{})
	l.waiting = append(l.waiting, admitted)
	l.mu.Unlock()
	select {
	case <-admitted:
		return nil
	case <-ctx.Done():
		l.cancel(admitted)
		return context.Cause(ctx)
	}
}

// cancel removes a caller from the queue. If the caller was already admitted,
// cancel admits the next caller.
func (l *limiter) cancel(admitted chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, w := range l.waiting {
		if w == admitted {
			l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
			return
		}
	}
	l.active--
	l.admit()
}

// release ends an upload, and changes the limit according to the result of the
// upload.
func (l *limiter) release(ok, throttled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	switch {
	case throttled:
		l.limit, l.successes = max(1, l.limit/2), 0
	case ok:
		if l.successes++; l.successes >= l.limit && l.limit < maxUploads {
			l.limit, l.successes = l.limit+1, 0
		}
	}
	l.admit()
}

func (l *limiter) admit() {
	for len(l.waiting) > 0 && l.active < l.limit {
		l.active++
		close(l.waiting[0])
		l.waiting = l.waiting[1:]
	}
}
