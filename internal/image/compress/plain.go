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

// HeadSize is how many bytes Detect looks at.
const HeadSize = 6

// MaxWindow is the most memory that a zstd stream may ask for, in bytes: what
// the highest level of the encoders in BuildKit and podman takes. The RFC wants
// 8 MiB at least.
const MaxWindow = 32 << 20

// Detect tells by the first bytes of content how it is compressed.
func Detect(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), skippable(head):
		return Zstd
	}
	return Plain
}

// skippable reports a zstd stream that begins with a frame to pass over (RFC
// 8878, section 3.1.2).
func skippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18
}

// Open returns content of a known format decompressed. Closing it frees memory
// and leaves r alone.
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

// What can be wrong with content that is decompressed, besides what its source
// says.
var (
	ErrDamaged  = errors.New("it is damaged")
	ErrTooLarge = errors.New("it is too large once decompressed")
	ErrWindow   = errors.New("it takes more memory to decompress than is given")
)

// Decompress returns what src is once it is decompressed, whatever format its
// first bytes tell, and closes src with it. More than limit plain bytes are an
// error: a few bytes can claim to be any number. Errors are those of src, or
// wrap ErrDamaged, ErrTooLarge or, past MaxWindow, ErrWindow.
func Decompress(src io.ReadCloser, limit int64) (io.ReadCloser, error) {
	d := &decompressed{src: src, left: limit, limit: limit}
	buffered := bufio.NewReaderSize((*watched)(d), 64<<10)
	head, err := buffered.Peek(HeadSize)
	if err == nil || errors.Is(err, io.EOF) { // a short one is plain
		d.plain, err = Open(Detect(head), buffered)
	}
	if err != nil {
		return nil, errors.Join(d.blame(err), src.Close())
	}
	return d, nil
}

// decompressed is a bounded stream of plain bytes.
type decompressed struct {
	plain, src  io.ReadCloser
	left, limit int64
	failed      error // what src said
}

// Read returns plain bytes.
func (d *decompressed) Read(p []byte) (int, error) {
	n, err := d.plain.Read(p)
	if d.left -= int64(n); d.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, d.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.blame(err)
	}
	return n, err
}

// blame tells content that is damaged from a source that failed.
func (d *decompressed) blame(err error) error {
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

// watched reads the source of a decompression and notes how it fails.
type watched decompressed

// Read returns compressed bytes.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.src.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed = err
	}
	return n, err
}
