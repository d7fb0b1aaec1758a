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

// maxIdle is the maximum number of idle decompressors that package archive
// keeps for later readers. Each idle decompressor keeps its window in memory.
// The window has 32 KiB for gzip, and up to compress.MaxWindow bytes for
// zstd.
const maxIdle = 2

// compression detects the compression of a file from its first bytes.
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

// sections implements the interface bodies for an uncompressed tar.
type sections struct{ file io.ReaderAt }

func (s sections) open(ctx context.Context, at span) (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.file, at.offset, at.size)), ctx.Err()
}

// cursors implements the interface bodies for a compressed tar.
type cursors struct {
	name    string
	file    io.ReaderAt
	size    int64
	inflate func(io.Reader) (io.ReadCloser, error)

	mu   sync.Mutex
	idle []*cursor
}

// cursor is one decompressor and its position in the decompressed tar.
type cursor struct {
	in  io.ReadCloser
	pos int64 // the position in the decompressed tar, in bytes
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

// Read returns decompressed bytes. After the first error, every call of Read
// returns this error.
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

// broken replaces an error of the decompressor by an error that explains the
// cause to the user.
func (c *cursors) broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return Truncated(c.name, "the end of the compressed data is missing")
	}
	return unreadable(c.name, fmt.Errorf("decompressing: %w", err))
}

// open takes the idle cursor whose position is nearest before the start of
// the file. If no idle cursor is before the file, open starts a new cursor.
// open then reads and discards the bytes before the file.
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

// putBack keeps a cursor for a later reader. If more than maxIdle cursors are
// idle, putBack closes the oldest cursor.
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

// Close keeps the decompressor at its current position, so that the reader of
// a later file can continue it.
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
