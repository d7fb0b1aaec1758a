package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// errIdle is the error of an attempt that exceeded the idle timeout.
var errIdle = errors.New("idle timeout")

// processingFactor multiplies the idle timeout while the server processes a
// complete body, because a registry needs time to hash and store ten gigabytes.
const processingFactor = 5

// idleTimer cancels one exchange if no byte is sent or received during the idle
// timeout. The timer starts when the exchange has a connection, because other
// timeouts limit the dialing.
type idleTimer struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	ctx    context.Context
}

func startIdleTimer(ctx context.Context, limit time.Duration) (*idleTimer, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := &idleTimer{limit: limit, cancel: cancel, ctx: ctx}
	t.timer = time.AfterFunc(math.MaxInt64, func() {
		cancel(fmt.Errorf("%w: no byte was sent or received within %s", errIdle, limit))
	})
	return t, httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { t.reset() }})
}

func (t *idleTimer) reset() { t.timer.Reset(t.limit) }

// allowProcessing resets the timer after the whole body was sent.
func (t *idleTimer) allowProcessing() { t.timer.Reset(t.limit * processingFactor) }

// explain replaces the transport's "context canceled" by the idle timeout.
func (t *idleTimer) explain(err error) error {
	if cause := context.Cause(t.ctx); errors.Is(cause, errIdle) {
		return cause
	}
	return err
}

func (t *idleTimer) stop() {
	t.timer.Stop()
	t.cancel(nil)
}

// requestBody counts the bytes of a request body and resets the idle timer. It
// keeps the error of the body, because the transport replaces this error.
type requestBody struct {
	body io.ReadCloser
	size int64
	sent atomic.Int64
	idle *idleTimer

	mu  sync.Mutex
	err error
}

func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.sent.Add(int64(n))
	if err == io.EOF {
		b.idle.allowProcessing()
		return n, err
	}
	if err != nil {
		b.mu.Lock()
		b.err = err
		b.mu.Unlock()
	}
	b.idle.reset()
	return n, err
}

func (b *requestBody) Close() error { return b.body.Close() }

func (b *requestBody) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// responseBody counts the bytes of a response body and resets the idle timer.
type responseBody struct {
	body io.ReadCloser
	idle *idleTimer
	read *atomic.Int64
}

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.read.Add(int64(n))
	b.idle.reset()
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.idle.explain(err)
	}
	return n, err
}

func (b *responseBody) Close() error {
	err := b.body.Close()
	b.idle.stop()
	return err
}
