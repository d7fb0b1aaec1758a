package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// reel is one export on its way.
type reel struct {
	name   string
	in     io.ReadCloser
	tar    *tar.Reader
	pos    int64
	cancel context.CancelFunc
}

// Read reads the export and counts; it stops where no image is that large.
func (r *reel) Read(p []byte) (int, error) {
	if r.pos > maxPlain {
		return 0, endless(r.name)
	}
	n, err := r.in.Read(p)
	r.pos += int64(n)
	return n, err
}

// stop ends the export. What closing a stream says that nobody reads on is of
// no use.
func (r *reel) stop() {
	r.cancel()
	_ = r.in.Close()
}

// wind goes on to a file, found by name: engines set the times of what else is
// in an export, and what that does to the places is theirs.
func (r *reel) wind(s span) error {
	for {
		h, err := r.tar.Next()
		if errors.Is(err, io.EOF) {
			return changed(r.name, s.name, "is gone")
		}
		if err != nil {
			return err
		}
		if path.Clean(h.Name) != s.name {
			continue
		}
		if h.Size != s.size {
			return changed(r.name, s.name, fmt.Sprintf("has %d bytes, and had %d", h.Size, s.size))
		}
		return nil
	}
}

func changed(name, file, how string) error {
	return &diag.Error{
		Code: "source-unreadable", Side: diag.Source,
		Title: fmt.Sprintf("%q changed while it was read: %q %s", name, file, how),
		Hint:  "Publish it again when nothing else writes or removes the image.",
	}
}

// recording is one file on a tape.
type recording struct {
	tape    *tape
	reel    *reel
	ctx     context.Context
	release func() bool // ends the watch on ctx

	mu     sync.Mutex // a request that fails closes its body under a read
	broken bool
	closed bool
}

// Read returns the content of the file.
func (r *recording) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, errClosed
	}
	if err := r.ctx.Err(); err != nil {
		r.broken = true
		return 0, r.explain(err)
	}
	n, err := r.reel.tar.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.broken = true
		err = r.explain(err)
	}
	return n, err
}

// explain says why the stream ended: most often because the reader's own
// context did.
func (r *recording) explain(err error) error {
	var told *diag.Error
	switch {
	case r.ctx.Err() != nil:
		return fmt.Errorf("reading %q: %w", r.tape.name, context.Cause(r.ctx))
	case errors.As(err, &told):
		return err
	}
	return truncated(r.tape.name, "its export broke off", err)
}

// Close leaves the tape to the next reader.
func (r *recording) Close() error {
	if !r.mu.TryLock() {
		r.reel.cancel() // a read is under way, and may wait for long
		r.mu.Lock()
		r.broken = true
	}
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	untouched := r.release()
	r.tape.pass(r.broken || !untouched)
	return nil
}
