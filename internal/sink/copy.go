package sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// buffers is a pool of the buffers that copyAll uses.
var buffers = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// copyAll copies all bytes of a reader to a writer with a buffer from the pool.
// copyAll hides the methods WriteTo and ReadFrom of its arguments, because
// these methods would allocate other buffers.
func copyAll(w io.Writer, r io.Reader) (int64, error) {
	buf := buffers.Get().(*[128 << 10]byte)
	defer buffers.Put(buf)
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf[:])
}

// verify copies the reader to the writer. The boolean result is true if the
// copied bytes have the size and digest of the descriptor.
func verify(ctx context.Context, r io.Reader, desc v1.Descriptor, w io.Writer) (bool, error) {
	h := sha256.New()
	n, err := copyAll(io.MultiWriter(h, w), io.LimitReader(&interruptible{ctx, r}, desc.Size+1))
	return err == nil && n == desc.Size && hex.EncodeToString(h.Sum(nil)) == desc.Digest.Hex, err
}

// interruptible is a reader that returns an error after its context has ended.
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
