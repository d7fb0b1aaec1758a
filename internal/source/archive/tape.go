package archive

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Export starts a tar from its first byte. It is called again where a file
// behind the reader is asked for, and gives the same files every time. Its
// errors are passed on as they are.
type Export func(context.Context) (io.ReadCloser, error)

// OpenExport notes the files of a tar that comes as a stream and cannot be
// jumped about in; name is for messages. Noting is one export read to its end,
// with small files kept.
//
// Of all later readers one at a time has the stream. The others wait, and the
// one whose file comes next is served next, so that files which are asked for
// together cost one more export in all, whatever their order; only a file that
// lies behind everybody starts another. A reader that is not closed holds up
// all others.
func OpenExport(ctx context.Context, name string, export Export) (*Archive, error) {
	t := &tape{name: name, export: export}
	a := &Archive{path: name, entries: map[string]*entry{}, room: MaxFiles, bodies: t, file: t, once: true}
	if err := a.scanExport(ctx, t); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return a, nil
}

// scanExport notes the files of one export, read to its very end: an engine
// that fails half way breaks the stream off.
func (a *Archive) scanExport(ctx context.Context, t *tape) error {
	reel, err := t.start(ctx)
	if err != nil {
		return err
	}
	defer reel.stop()
	defer context.AfterFunc(ctx, reel.cancel)()
	s := &scan{Archive: a, tar: reel.tar, have: -1, keep: keepAll, offset: func() int64 { return reel.pos }}
	if err := s.all(ctx); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, reel); err != nil {
		return (&recording{tape: t, ctx: ctx}).explain(err)
	}
	return nil
}

// tape is a tar that is read from its beginning or from where it stands.
type tape struct {
	name   string
	export Export

	mu      sync.Mutex
	waiting []*waiter
	busy    bool // somebody has the reel
	closed  bool
	reel    *reel // nil: none is started
}

// waiter is a reader that has not had its turn.
type waiter struct {
	at     int64 // where its file lies
	called chan struct{}
}

// open waits for its turn and winds on to the file, over a new export if the
// tape is past it.
func (t *tape) open(ctx context.Context, s span) (io.ReadCloser, error) {
	if err := t.turn(ctx, s.offset, false); err != nil {
		return nil, err
	}
	for t.reel == nil || t.reel.pos >= s.offset {
		if err := t.rewind(ctx); err != nil {
			t.pass(true)
			return nil, err
		}
		// Starting took a while: whoever came meanwhile and is nearer to the
		// beginning goes first.
		if err := t.turn(ctx, s.offset, true); err != nil {
			return nil, err
		}
	}
	r := &recording{tape: t, reel: t.reel, ctx: ctx}
	r.release = context.AfterFunc(ctx, t.reel.cancel)
	if err := t.reel.wind(s); err != nil {
		r.broken = true
		return nil, errors.Join(r.explain(err), r.Close())
	}
	return r, nil
}

// turn waits until the tape is ours; held says that it is, and others may go
// first.
func (t *tape) turn(ctx context.Context, at int64, held bool) error {
	w := &waiter{at: at, called: make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, w)
	t.busy = t.busy && !held
	t.call()
	t.mu.Unlock()
	select {
	case <-w.called:
		return nil
	case <-ctx.Done():
		t.abandon(w)
		return fmt.Errorf("reading %q: %w", t.name, context.Cause(ctx))
	}
}

// call gives the tape to the nearest waiter ahead of where it stands, or to
// the first from the beginning. The lock is held.
func (t *tape) call() {
	if t.busy || len(t.waiting) == 0 {
		return
	}
	var pos int64
	if t.reel != nil {
		pos = t.reel.pos
	}
	next := slices.MinFunc(t.waiting, func(a, b *waiter) int {
		if behind := a.at <= pos; behind != (b.at <= pos) {
			return map[bool]int{true: 1, false: -1}[behind]
		}
		return cmp.Compare(a.at, b.at)
	})
	t.waiting = slices.DeleteFunc(t.waiting, func(w *waiter) bool { return w == next })
	t.busy = true
	close(next.called)
}

// abandon takes a waiter out, or hands the tape on if it was called already.
func (t *tape) abandon(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, w); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		return
	}
	t.busy = false
	t.call()
}

// pass hands the tape on; an export that broke is over.
func (t *tape) pass(broken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if (broken || t.closed) && t.reel != nil {
		t.reel.stop()
		t.reel = nil
	}
	t.busy = false
	t.call()
}

// rewind starts a new export in the place of the present one.
func (t *tape) rewind(ctx context.Context) error {
	fresh, err := t.start(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reel != nil {
		t.reel.stop()
	}
	t.reel = fresh
	if err == nil && t.closed {
		err = errClosed
	}
	return err
}

var errClosed = errors.New("the source is closed")

// start begins an export that outlives the reader who needed it first.
func (t *tape) start(ctx context.Context) (*reel, error) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, cancel)
	in, err := t.export(own)
	if !release() && err == nil {
		err = errors.Join(context.Cause(ctx), in.Close())
	}
	if err != nil {
		cancel()
		return nil, err
	}
	r := &reel{name: t.name, in: in, cancel: cancel}
	r.tar = tar.NewReader(r)
	return r, nil
}

// Close ends the export that is under way.
func (t *tape) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.reel != nil {
		t.reel.cancel()
		if !t.busy { // else its reader stops it
			t.reel.stop()
			t.reel = nil
		}
	}
	return nil
}
