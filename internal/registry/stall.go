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

// errStalled ends an attempt in which nothing moved.
var errStalled = errors.New("the connection stalled")

// answerPatience multiplies the stall timeout while the server works on an
// answer after it has got the whole body: hashing and storing ten gigabytes
// takes a registry a while.
const answerPatience = 5

// stall watches one exchange for movement, from when it has a connection: the
// wait for one is bounded by the limits of dialling.
type stall struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	ctx    context.Context
}

func watchStall(ctx context.Context, limit time.Duration) (*stall, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &stall{limit: limit, cancel: cancel, ctx: ctx}
	w.timer = time.AfterFunc(math.MaxInt64, func() {
		cancel(fmt.Errorf("%w: no byte in %s", errStalled, limit))
	})
	return w, httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { w.moved() }})
}

func (w *stall) moved() { w.timer.Reset(w.limit) }

func (w *stall) answering() { w.timer.Reset(w.limit * answerPatience) }

// explain replaces the transport's "context canceled" by the stall.
func (w *stall) explain(err error) error {
	if cause := context.Cause(w.ctx); errors.Is(cause, errStalled) {
		return cause
	}
	return err
}

func (w *stall) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// outgoing is a request body that counts, feeds the watch, and remembers its
// own failure, which the transport would otherwise bury.
type outgoing struct {
	body  io.ReadCloser
	size  int64
	sent  atomic.Int64
	watch *stall

	mu  sync.Mutex
	err error
}

func (o *outgoing) Read(p []byte) (int, error) {
	n, err := o.body.Read(p)
	o.sent.Add(int64(n))
	if err == io.EOF {
		o.watch.answering()
		return n, err
	}
	if err != nil {
		o.mu.Lock()
		o.err = err
		o.mu.Unlock()
	}
	o.watch.moved()
	return n, err
}

func (o *outgoing) Close() error { return o.body.Close() }

func (o *outgoing) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// incoming is a response body under the same watch.
type incoming struct {
	body  io.ReadCloser
	watch *stall
	read  *atomic.Int64
}

func (i *incoming) Read(p []byte) (int, error) {
	n, err := i.body.Read(p)
	i.read.Add(int64(n))
	i.watch.moved()
	if err != nil && !errors.Is(err, io.EOF) {
		err = i.watch.explain(err)
	}
	return n, err
}

func (i *incoming) Close() error {
	err := i.body.Close()
	i.watch.stop()
	return err
}
