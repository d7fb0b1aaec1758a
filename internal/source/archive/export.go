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

// Export starts an export and returns a reader that starts at the first byte
// of the tar. OpenExport calls Export again if a reader needs a file before
// the current position. Every call must return a tar with the same files.
// OpenExport returns the errors of Export unchanged.
type Export func(context.Context) (io.ReadCloser, error)

// OpenExport lists the files of a tar that arrives as a stream, in which a
// reader cannot go back. The argument "name" is the name of the tar in
// messages. OpenExport reads one export to its end and keeps the content of
// small files in memory.
//
// For large files, OpenExport starts further exports. Only one reader at a time reads an
// export, and all other readers wait. The next reader is the reader whose file is nearest
// after the current position. For this reason, one more export is enough for all files
// that callers open at the same time. Only a file before the current position of the
// stream needs another export. A reader that the caller does not close blocks all other
// readers.
func OpenExport(ctx context.Context, name string, export Export) (*Archive, error) {
	t := &streams{name: name, export: export}
	a := &Archive{path: name, entries: map[string]*entry{}, remaining: MaxFiles, bodies: t, file: t, uniqueNames: true}
	if err := a.scanExport(ctx, t); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return a, nil
}

// scanExport lists the files of one export. scanExport reads the stream to its end,
// because a Docker engine that fails during the export ends the stream too early.
func (a *Archive) scanExport(ctx context.Context, t *streams) error {
	stream, err := t.start(ctx)
	if err != nil {
		return err
	}
	defer stream.stop()
	defer context.AfterFunc(ctx, stream.cancel)()
	s := &scan{Archive: a, tar: stream.tar, tail: stream.tail, have: -1, keep: keepAll, offset: func() int64 { return stream.pos }}
	if err := s.all(ctx); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return (&streamFile{streams: t, ctx: ctx}).explain(err)
	}
	return nil
}

// streams implements the interface bodies for exports. streams contains the current
// export and the readers that wait for the export.
type streams struct {
	name   string
	export Export

	mu      sync.Mutex
	waiting []*waiter
	busy    bool // busy is true while a reader uses the stream.
	closed  bool
	stream  *stream // the current export, or nil
}

// waiter is a reader that waits for its turn.
type waiter struct {
	at   int64 // the offset of the requested file, in bytes
	turn chan struct{}
}

// open waits until the caller may use the stream, and then reads the stream
// until the content of the file begins. If the position of the current export
// is after the file, open starts a new export.
func (t *streams) open(ctx context.Context, s span) (io.ReadCloser, error) {
	if err := t.wait(ctx, s.offset, false); err != nil {
		return nil, err
	}
	for t.stream == nil || t.stream.pos >= s.offset {
		if err := t.restart(ctx); err != nil {
			t.handOver(true)
			return nil, err
		}
		// The start of an export takes time, and other readers can request
		// files during this time. If the file of another reader is nearer to
		// the start of the tar, this other reader reads first.
		if err := t.wait(ctx, s.offset, true); err != nil {
			return nil, err
		}
	}
	r := &streamFile{streams: t, stream: t.stream, ctx: ctx}
	r.release = context.AfterFunc(ctx, t.stream.cancel)
	if err := t.stream.seek(s); err != nil {
		r.broken = true
		return nil, errors.Join(r.explain(err), r.Close())
	}
	return r, nil
}

// wait blocks until this reader may use the stream. If the argument "owned" is true, this
// reader already uses the stream. In this case, wait first gives the stream to the reader
// whose file is next in the stream.
func (t *streams) wait(ctx context.Context, at int64, owned bool) error {
	w := &waiter{at: at, turn: make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, w)
	t.busy = t.busy && !owned
	t.serveNext()
	t.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		t.abandon(w)
		return fmt.Errorf("reading %q: %w", t.name, context.Cause(ctx))
	}
}

// serveNext gives the stream to the waiter whose file is nearest after the
// current position. If all requested files are before the current position,
// serveNext gives the stream to the waiter whose file is the first in the
// tar. The caller must hold the lock t.mu.
func (t *streams) serveNext() {
	if t.busy || len(t.waiting) == 0 {
		return
	}
	var pos int64
	if t.stream != nil {
		pos = t.stream.pos
	}
	next := slices.MinFunc(t.waiting, func(a, b *waiter) int {
		if behind := a.at <= pos; behind != (b.at <= pos) {
			return map[bool]int{true: 1, false: -1}[behind]
		}
		return cmp.Compare(a.at, b.at)
	})
	t.waiting = slices.DeleteFunc(t.waiting, func(w *waiter) bool { return w == next })
	t.busy = true
	close(next.turn)
}

// abandon removes a waiter. If the waiter already has the stream, abandon
// gives the stream to the next waiter.
func (t *streams) abandon(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, w); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		return
	}
	t.busy = false
	t.serveNext()
}

// handOver gives the stream to the next waiter. handOver closes
// a stream that is broken, and every stream after the end of the run.
func (t *streams) handOver(broken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if (broken || t.closed) && t.stream != nil {
		t.stream.stop()
		t.stream = nil
	}
	t.busy = false
	t.serveNext()
}

// restart stops the current export and starts a new export.
func (t *streams) restart(ctx context.Context) error {
	fresh, err := t.start(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stream != nil {
		t.stream.stop()
	}
	t.stream = fresh
	if err == nil && t.closed {
		err = errClosed
	}
	return err
}

var errClosed = errors.New("the source is closed")

// start starts an export. The export does not end when the context of its
// first reader ends.
func (t *streams) start(ctx context.Context) (*stream, error) {
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
	r := &stream{name: t.name, in: in, cancel: cancel}
	r.tail = &tail{in: r}
	r.tar = tar.NewReader(r.tail)
	return r, nil
}

// Close ends the current export.
func (t *streams) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.stream != nil {
		t.stream.cancel()
		if !t.busy { // If a reader uses the stream, this reader stops the stream.
			t.stream.stop()
			t.stream = nil
		}
	}
	return nil
}
