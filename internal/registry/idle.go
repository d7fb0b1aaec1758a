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

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

const (
	// defaultIdleTimeout is the idle timeout of the first attempt. If a server
	// never answers, the run ends after 95 seconds, because package retry limits
	// the attempts without an answer (docs/how-it-works.md, Waiting for an
	// answer).
	defaultIdleTimeout = 20 * time.Second
	// lowestRate is the minimum transfer rate of a body, in bytes per second.
	lowestRate = 1 << 10
	// processingRate is the minimum rate, in bytes per second, at which a
	// registry must hash and store a body before it answers.
	processingRate = 8 << 20
	// errorBodyTime limits the time for the body of an error response. A short limit is
	// sufficient, because the client already knows the status, and the body only explains
	// the status.
	errorBodyTime = 3 * time.Second
)

// stalledError is the error of an attempt that the client ended because the
// network transferred no bytes or too few bytes.
type stalledError struct {
	kind retry.Transport
	text string
}

func (e *stalledError) Error() string              { return e.text }
func (e *stalledError) Transport() retry.Transport { return e.kind }

// idleTimeout returns the idle timeout of an attempt. The timeout grows by half
// after each attempt without an answer, so that a slow registry gets more time.
func idleTimeout(limit time.Duration, silent int) time.Duration {
	for range silent {
		limit += limit / 2
	}
	return limit
}

// processing returns the time that a registry may need to store size bytes. The
// time is zero for small bodies, and at most UploadLimit.
func processing(size int64) time.Duration {
	return min(UploadLimit, time.Duration(size/processingRate)*time.Second)
}

// idleTimer cancels one exchange if no byte is sent or received during the idle
// timeout, or if a body is slower than lowestRate. The timer measures only the
// time of network transfers. The timer stops while the client reads the source
// of a body, and while the caller does not read the response. The timer starts
// after the connection is open, because other timeouts limit the time to open a
// connection.
type idleTimer struct {
	limit    time.Duration
	announce func(silent, left time.Duration) // announce, if set, reports that half of the timeout has passed.
	cancel   context.CancelCauseFunc
	ctx      context.Context

	mu     sync.Mutex
	ended  bool
	timer  *time.Timer
	notice *time.Timer
	since  time.Time     // since is the start of the current network transfer. The field "since" is zero if no transfer runs.
	waited time.Duration // waited is the time of all network transfers in the current window.
	moved  int64         // The field "moved" is the number of bytes that were transferred in the current window.
}

func startIdleTimer(ctx context.Context, limit time.Duration, announce func(silent, left time.Duration)) (*idleTimer, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := &idleTimer{limit: limit, announce: announce, cancel: cancel, ctx: ctx}
	t.timer = time.AfterFunc(math.MaxInt64, func() {
		cancel(&stalledError{retry.Silent, fmt.Sprintf("idle timeout: no byte was sent or received within %s", limit)})
	})
	return t, httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { t.begin(0) }})
}

// begin starts the timer at the start of a network transfer. The argument "more" extends
// the idle timeout of this transfer.
func (t *idleTimer) begin(more time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return // The transport can still read the request's body after the response.
	}
	t.since = time.Now()
	t.timer.Reset(t.limit + more)
	if t.announce == nil {
		return
	}
	if t.notice != nil {
		t.notice.Stop()
	}
	half := t.limit / 2
	t.notice = time.AfterFunc(half, func() { t.announce(half, t.limit-half+more) })
}

// end stops the timer after the transfer of n bytes. If the transfer rate in the
// current window is too low, end cancels the exchange.
func (t *idleTimer) end(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pause()
	if t.since.IsZero() {
		return
	}
	t.waited, t.moved, t.since = t.waited+time.Since(t.since), t.moved+n, time.Time{}
	if t.waited < t.limit {
		return
	}
	if float64(t.moved) < lowestRate*t.waited.Seconds() {
		t.cancel(&stalledError{retry.Slow, fmt.Sprintf("only %d bytes were sent or received within %s", t.moved, t.waited.Round(time.Millisecond))})
	}
	t.waited, t.moved = 0, 0
}

// answered stops the timer after the header of the response arrived.
func (t *idleTimer) answered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pause()
	t.waited, t.moved, t.since = 0, 0, time.Time{}
}

// pause stops the timers. The caller must hold t.mu.
func (t *idleTimer) pause() {
	t.timer.Stop()
	if t.notice != nil {
		t.notice.Stop()
	}
}

// explain returns the error of the timer instead of the transport's error
// "context canceled", if the timer canceled the exchange.
func (t *idleTimer) explain(err error) error {
	var stalled *stalledError
	if errors.As(context.Cause(t.ctx), &stalled) {
		return stalled
	}
	return err
}

func (t *idleTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pause()
	t.ended = true
	t.cancel(nil)
}

// requestBody counts the bytes of a request body and controls the idle timer.
// requestBody keeps the error of the source, because the transport replaces this
// error by another error.
type requestBody struct {
	body io.ReadCloser
	size int64
	sent atomic.Int64
	idle *idleTimer
	last int64 // The field "last" is the number of bytes of the latest read. The transport sends these bytes before the next read.

	mu     sync.Mutex
	closed bool
	err    error
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.idle.end(b.last)
	n, err := b.body.Read(p)
	b.last = int64(n)
	sent := b.sent.Add(int64(n))
	if err == io.EOF {
		b.idle.begin(processing(sent))
		return n, err
	}
	if err != nil {
		b.fail(err)
	}
	b.idle.begin(0)
	return n, err
}

// fail keeps the error of the source. fail ignores an error after the transport closed
// the body, because such an error is not a failure of the source. With HTTP/2, the
// transport closes the body after a stream reset, but still reads the body.
func (b *requestBody) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.err = err
	}
}

func (b *requestBody) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.body.Close()
}

func (b *requestBody) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// responseBody counts the bytes of a response body and controls the idle timer.
type responseBody struct {
	body io.ReadCloser
	idle *idleTimer
	read *atomic.Int64
}

func (b *responseBody) Read(p []byte) (int, error) {
	b.idle.begin(0)
	n, err := b.body.Read(p)
	b.idle.end(int64(n))
	b.read.Add(int64(n))
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

// limitTime cancels the exchange if the body is not complete within
// errorBodyTime.
func (b *responseBody) limitTime() {
	timer := time.AfterFunc(errorBodyTime, func() {
		b.idle.cancel(&stalledError{retry.Slow, fmt.Sprintf("the body was not complete within %s", errorBodyTime)})
	})
	context.AfterFunc(b.idle.ctx, func() { timer.Stop() })
}
