package sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// buffers are what blobs pass through: a dozen at a time.
var buffers = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// copyAll is io.Copy with a buffer of ours, whatever reader and writer offer.
func copyAll(w io.Writer, r io.Reader) (int64, error) {
	buf := buffers.Get().(*[128 << 10]byte)
	defer buffers.Put(buf)
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf[:])
}

// proven reads all of r into w and reports whether it is what desc says.
func proven(ctx context.Context, r io.Reader, desc v1.Descriptor, w io.Writer) (bool, error) {
	h := sha256.New()
	n, err := copyAll(io.MultiWriter(h, w), io.LimitReader(&interruptible{ctx, r}, desc.Size+1))
	return err == nil && n == desc.Size && hex.EncodeToString(h.Sum(nil)) == desc.Digest.Hex, err
}

// interruptible ends a reading whose context has ended.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if i.ctx.Err() != nil {
		return 0, context.Cause(i.ctx)
	}
	return i.r.Read(p)
}
