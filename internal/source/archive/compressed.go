package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// maxIdle is the number of idle decompressors that are kept for later readers.
// Each idle decompressor keeps its window in memory. The size of the window is
// 32 KiB for gzip, and up to compress.MaxWindow for zstd.
const maxIdle = 2

// compression detects the compression of a file by its first bytes.
func compression(name string, r io.ReaderAt) (compress.Format, error) {
	head := make([]byte, compress.HeadSize)
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return compress.Plain, unreadable(name, err)
	}
	if bytes.HasPrefix(head, []byte("BZh")) || bytes.HasPrefix(head, []byte("\xfd7zXZ")) {
		return compress.Plain, otherCompression(name)
	}
	return compress.Detect(head), nil
}

// sections implements bodies for a plain tar.
type sections struct{ file io.ReaderAt }

func (s sections) open(ctx context.Context, at span) (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.file, at.offset, at.size)), ctx.Err()
}

// cursors implements bodies for a compressed tar.
type cursors struct {
	name    string
	file    io.ReaderAt
	size    int64
	inflate func(io.Reader) (io.ReadCloser, error)

	mu   sync.Mutex
	idle []*cursor
}

// cursor is one decompressor and its position in the tar.
type cursor struct {
	in  io.ReadCloser
	pos int64 // offset in the decompressed tar, in bytes
	ctx context.Context
	own *cursors
	err error
}

func (c *cursors) start() (*cursor, error) {
	in, err := c.inflate(bufio.NewReaderSize(io.NewSectionReader(c.file, 0, c.size), 64<<10))
	if err != nil {
		return nil, err
	}
	return &cursor{in: in, own: c}, nil
}

// Read returns decompressed bytes. After an error, every call returns the same
// error.
func (c *cursor) Read(p []byte) (int, error) {
	if c.err == nil {
		c.err = c.ctx.Err()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.in.Read(p)
	c.pos += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = c.own.broken(err)
	}
	c.err = err
	return n, err
}

// Close releases the decompressor.
func (c *cursor) Close() error { return c.in.Close() }

// broken returns the error of the decompressor with an explanation.
func (c *cursors) broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return Truncated(c.name, "the compressed data ends early")
	}
	return unreadable(c.name, fmt.Errorf("decompressing: %w", err))
}

// open takes the idle cursor that is nearest before the span, or starts a new
// cursor. It then reads up to the start of the span.
func (c *cursors) open(ctx context.Context, at span) (io.ReadCloser, error) {
	cur, err := c.nearest(at.offset)
	if err != nil {
		return nil, c.broken(err)
	}
	cur.ctx = ctx
	if _, err := io.CopyN(io.Discard, cur, at.offset-cur.pos); err != nil {
		return nil, errors.Join(err, cur.Close())
	}
	return &body{cursor: cur, left: at.size}, nil
}

func (c *cursors) nearest(offset int64) (*cursor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	best := -1
	for i, cur := range c.idle {
		if cur.pos <= offset && (best < 0 || cur.pos > c.idle[best].pos) {
			best = i
		}
	}
	if best < 0 {
		return c.start()
	}
	cur := c.idle[best]
	c.idle = slices.Delete(c.idle, best, best+1)
	return cur, nil
}

// putBack keeps a cursor for the next reader. If too many cursors are idle, it
// closes the oldest.
func (c *cursors) putBack(cur *cursor) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, cur)
	if len(c.idle) <= maxIdle {
		return nil
	}
	oldest := c.idle[0]
	c.idle = slices.Delete(c.idle, 0, 1)
	return oldest.Close()
}

// body reads one file of a compressed tar.
type body struct {
	cursor *cursor
	left   int64
	closed bool
}

// Read returns the content of the file.
func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 || b.closed {
		return 0, io.EOF
	}
	n, err := b.cursor.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if errors.Is(err, io.EOF) {
		if b.left == 0 {
			return n, nil
		}
		err = b.cursor.own.broken(io.ErrUnexpectedEOF)
	}
	return n, err
}

// Close returns the decompressor at its current position, so that the next file
// can use it.
func (b *body) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	if b.cursor.err != nil {
		return b.cursor.Close()
	}
	return b.cursor.own.putBack(b.cursor)
}
