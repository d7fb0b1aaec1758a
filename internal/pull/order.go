package pull

import (
	"context"
	"io"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// A blob is asked for before its turn once no more than aheadBytes are before
// it, and never more than aheadBlobs are: what a registry takes to answer is
// most of the time that small layers need, and what waits here for its turn
// lies in the system's buffers, or in the few MiB that an HTTP/2 stream may
// have under way.
const (
	aheadBytes = 8 << 20
	aheadBlobs = 8
)

// inOrder fetches the blobs one by one, in their order.
func (f *fetching) inOrder(ctx context.Context, blobs []*image.Blob) error {
	var lacking []*image.Blob
	for _, b := range blobs {
		present, err := f.has(ctx, b)
		if err != nil {
			return err
		}
		if !present {
			lacking = append(lacking, b)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	q := &queue{left: lacking, open: func(b *image.Blob) opened { return f.open(ctx, b) }}
	defer q.close()
	defer cancel()
	for _, b := range lacking {
		if err := f.bring(ctx, b, q.take, q.passed); err != nil {
			return err
		}
	}
	return nil
}

// opened is a blob that can be read, or why it cannot.
type opened struct {
	io.ReadCloser
	foreign bool // it is not from the registry
	err     error
}

// queue asks for blobs before their turn. It belongs to one goroutine.
type queue struct {
	open   func(*image.Blob) opened
	left   []*image.Blob // not asked for yet
	asked  []chan opened
	before int64 // bytes of those asked for that did not pass yet
}

// take is the next blob.
func (q *queue) take() opened {
	q.passed(0)
	first := q.asked[0]
	q.asked = q.asked[1:]
	return <-first
}

// passed hears of bytes that were read, and asks for what is near by now.
func (q *queue) passed(n int64) {
	q.before -= n
	for len(q.left) > 0 && len(q.asked) < aheadBlobs && q.before <= aheadBytes {
		next, came := q.left[0], make(chan opened, 1)
		go func() { came <- q.open(next) }()
		q.left, q.asked = q.left[1:], append(q.asked, came)
		q.before += next.Descriptor.Size
	}
}

// close lets go of what had no turn. The context of open has ended.
func (q *queue) close() {
	for _, came := range q.asked {
		if o := <-came; o.err == nil {
			_ = o.Close() // nobody has read it
		}
	}
}
