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

// stream is one export that is being read.
type stream struct {
	name   string
	in     io.ReadCloser
	tar    *tar.Reader
	pos    int64
	cancel context.CancelFunc
}

// Read reads the export and counts the bytes. It returns an error after
// maxPlain bytes, because no image is that large.
func (r *stream) Read(p []byte) (int, error) {
	if r.pos > maxPlain {
		return 0, tooLarge(r.name)
	}
	n, err := r.in.Read(p)
	r.pos += int64(n)
	return n, err
}

// stop ends the export. It ignores the error of Close, because the stream is
// not read again.
func (r *stream) stop() {
	r.cancel()
	_ = r.in.Close()
}

// seek reads up to the file with the name of the span. It does not use the
// offset. An engine can change the modification times of other files between
// two exports. The headers of these files can then have another size, and the
// offsets after the headers change.
func (r *stream) seek(s span) error {
	for {
		h, err := r.tar.Next()
		if errors.Is(err, io.EOF) {
			return changed(r.name, s.name, "no longer exists")
		}
		if err != nil {
			return err
		}
		if path.Clean(h.Name) != s.name {
			continue
		}
		if h.Size != s.size {
			return changed(r.name, s.name, fmt.Sprintf("had %[2]d bytes and now has %[1]d", h.Size, s.size))
		}
		return nil
	}
}

func changed(name, file, how string) error {
	return diag.New(CodeUnreadable, diag.Source, "Run the step again, and stop other programs that write or remove the image.", nil,
		"%q changed while it was read: %q %s", name, file, how)
}

// streamFile reads one file of the export.
type streamFile struct {
	streams *streams
	stream  *stream
	ctx     context.Context
	release func() bool // stops waiting for the end of ctx

	mu     sync.Mutex // needed because a failed request closes its body during a read
	broken bool
	closed bool
}

// Read returns the content of the file.
func (r *streamFile) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, errClosed
	}
	if err := r.ctx.Err(); err != nil {
		r.broken = true
		return 0, r.explain(err)
	}
	n, err := r.stream.tar.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.broken = true
		err = r.explain(err)
	}
	return n, err
}

// explain returns the reason for the end of the stream. The usual reason is
// that the context of the reader ended.
func (r *streamFile) explain(err error) error {
	var diagErr *diag.Error
	switch {
	case r.ctx.Err() != nil:
		return fmt.Errorf("reading %q: %w", r.streams.name, context.Cause(r.ctx))
	case errors.As(err, &diagErr):
		return err
	}
	return Truncated(r.streams.name, "the export ended before the file was complete")
}

// Close lets the next reader continue the stream.
func (r *streamFile) Close() error {
	if !r.mu.TryLock() {
		r.stream.cancel() // another goroutine is reading and may block for a long time
		r.mu.Lock()
		r.broken = true
	}
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	untouched := r.release()
	r.streams.handOver(r.broken || !untouched)
	return nil
}
