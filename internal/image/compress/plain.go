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

// MaxWindow limits the window of a zstd stream, in bytes. The highest level of
// the encoders in BuildKit and podman needs this size. The RFC requires at least
// 8 MiB.
const MaxWindow = 32 << 20

// Detect returns the format of content with the given first bytes.
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

// Open returns the decompressed content of r. Close frees memory and does not
// close r.
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

// The errors of Decompress, in addition to the errors of its source.
var (
	ErrDamaged  = errors.New("the data is damaged")
	ErrTooLarge = errors.New("the data is too large after decompression")
	ErrWindow   = errors.New("decompression needs more memory than the limit")
)

// Decompress returns the decompressed content of src. It detects the format
// from the first bytes. Closing the result closes src. The reader returns an
// error if the content has more uncompressed bytes than limit, because a small
// file can decompress to any size. The reader returns errors of src unchanged.
// Any other error wraps ErrDamaged, ErrTooLarge, or ErrWindow. ErrWindow means
// that a zstd window is larger than MaxWindow.
func Decompress(src io.ReadCloser, limit int64) (io.ReadCloser, error) {
	d := &decompressed{src: src, remaining: limit, limit: limit}
	buffered := bufio.NewReaderSize((*sourceReader)(d), 64<<10)
	head, err := buffered.Peek(HeadSize)
	if err == nil || errors.Is(err, io.EOF) { // content shorter than HeadSize is plain
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
	failed           error // the error of src
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

// cause returns the error of the source, or an error for damaged content if the
// source did not fail.
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
