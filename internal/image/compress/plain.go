package compress

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// HeadSize is the number of bytes that Detect needs.
const HeadSize = 6

// MaxWindow limits the window of a zstd stream, in bytes. A stream that BuildKit
// or podman compressed with the highest level needs a window of this size. RFC
// 8878 recommends that decoders support windows of up to 8 MB.
const MaxWindow = 32 << 20

// Detect returns the compression format of content whose first bytes are in the argument
// "head".
func Detect(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), skippable(head):
		return Zstd
	}
	return Plain
}

// skippable reports whether a zstd stream begins with a skippable frame (RFC
// 8878, section 3.1.2).
func skippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18
}

// Open returns the decompressed content of r. The method Close of the returned
// reader frees memory and does not close r.
func Open(f Format, r io.Reader) (io.ReadCloser, error) {
	switch f {
	case Gzip:
		return gzip.NewReader(r)
	case Zstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}

// Decompress wraps the following errors, and also returns the errors of its
// source.
var (
	ErrDamaged  = errors.New("the data is damaged")
	ErrTooLarge = errors.New("the data is too large after decompression")
	ErrWindow   = errors.New("decompression needs more memory than the limit")
)

// Decompress returns the decompressed content of src. Decompress detects the
// format from the first bytes of src. The method Close of the returned reader
// closes src. The reader returns an error if the uncompressed content has more bytes
// than the argument "limit" allows, because a small file can decompress to any size.
// The reader returns errors of src unchanged. Every error that does not come from src
// wraps ErrDamaged, ErrTooLarge, or ErrWindow. ErrWindow means that a zstd window is
// larger than MaxWindow.
func Decompress(src io.ReadCloser, limit int64) (io.ReadCloser, error) {
	d := &decompressed{src: src, remaining: limit, limit: limit}
	buffered := bufio.NewReaderSize((*sourceReader)(d), 64<<10)
	head, err := buffered.Peek(HeadSize)
	if err == nil || errors.Is(err, io.EOF) { // Content that is shorter than HeadSize is not compressed.
		d.plain, err = Open(Detect(head), buffered)
	}
	if err != nil {
		return nil, errors.Join(d.cause(err), src.Close())
	}
	return d, nil
}

// decompressed is a stream of uncompressed bytes with a limit.
type decompressed struct {
	plain, src       io.ReadCloser
	remaining, limit int64
	failed           error // failed is the error that src returned.
}

// Read returns uncompressed bytes.
func (d *decompressed) Read(p []byte) (int, error) {
	n, err := d.plain.Read(p)
	if d.remaining -= int64(n); d.remaining < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, d.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.cause(err)
	}
	return n, err
}

// cause returns the error of the source. If the source did not fail, cause
// returns an error about damaged content or about the size of the window.
func (d *decompressed) cause(err error) error {
	switch {
	case d.failed != nil:
		return d.failed
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("%w: %w, %d bytes", ErrWindow, err, MaxWindow)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// Close frees the decompressor and closes the source.
func (d *decompressed) Close() error { return errors.Join(d.plain.Close(), d.src.Close()) }

// sourceReader reads the source of a decompression and stores its error.
type sourceReader decompressed

// Read returns compressed bytes.
func (w *sourceReader) Read(p []byte) (int, error) {
	n, err := w.src.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed = err
	}
	return n, err
}
