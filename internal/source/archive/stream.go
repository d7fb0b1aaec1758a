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

// stream is one running export.
type stream struct {
	name   string
	in     io.ReadCloser
	tar    *tar.Reader
	tail   *tail
	pos    int64
	cancel context.CancelFunc
}

// Read reads the export and counts the bytes. After maxPlain bytes, Read
// returns an error, because an image cannot be larger.
func (r *stream) Read(p []byte) (int, error) {
	if r.pos > maxPlain {
		return 0, tooLarge(r.name)
	}
	n, err := r.in.Read(p)
	r.pos += int64(n)
	return n, err
}

// stop ends the export. stop ignores the error of Close, because the program
// does not need more bytes of the stream.
func (r *stream) stop() {
	r.cancel()
	_ = r.in.Close()
}

// seek reads the stream up to the start of the file that the argument "s" names. seek
// does not use the offset of the file, because the offsets of two exports can differ. For
// example, a Docker engine can change the modification time of a file between two
// exports, and the header of the file can then have another size.
func (r *stream) seek(s span) error {
	for {
		h, err := r.tar.Next()
		if errors.Is(err, io.EOF) {
			return changed(r.name, "the file %q no longer exists", s.name)
		}
		if err != nil {
			return err
		}
		if path.Clean(h.Name) != s.name {
			continue
		}
		if h.Size != s.size {
			return changed(r.name, "the file %q had %d bytes and now has %d bytes", s.name, s.size, h.Size)
		}
		return nil
	}
}

func changed(name, format string, args ...any) error {
	return diag.New(CodeUnreadable, diag.Source, "Stop other programs that write or remove the image, and run the step again.", nil,
		"%q changed while the run read it: %s", name, fmt.Sprintf(format, args...))
}

// streamFile reads one file of the export.
type streamFile struct {
	streams *streams
	stream  *stream
	ctx     context.Context
	release func() bool // After a call of the function "release", the end of the context no longer cancels the export.

	mu     sync.Mutex // The lock is necessary, because an HTTP client can close the body of a failed request during a read.
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

// explain replaces the error of a read by the cause for the end of the
// stream. If the context of the reader ended, the cause is the error of the
// context.
func (r *streamFile) explain(err error) error {
	var diagErr *diag.Error
	switch {
	case r.ctx.Err() != nil:
		return fmt.Errorf("reading %q: %w", r.streams.name, context.Cause(r.ctx))
	case errors.As(err, &diagErr):
		return err
	}
	return Truncated(r.streams.name, "the export ended before the run had read the complete file")
}

// Close ends the reading of this file, and the next reader can use the
// stream.
func (r *streamFile) Close() error {
	if !r.mu.TryLock() {
		r.stream.cancel() // Another goroutine is in a call of Read, which can block for a long time.
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
