package pull

import (
	"context"
	"io"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// These limits control how early the request for a blob is sent. The request is
// sent when at most prefetchBytes of the previous blobs are unread and fewer than
// prefetchBlobs blobs wait to be read. Early requests save time, because the
// response time of the registry is most of the time that a small layer takes.
// Unread data waits in the buffers of the system, or in the window of an HTTP/2
// stream. The window has a size of a few MiB.
const (
	prefetchBytes = 8 << 20
	prefetchBlobs = 8
)

// inOrder writes the blobs to the sink in their order, one at a time.
func (f *fetching) inOrder(ctx context.Context, blobs []*image.Blob) error {
	var missing []*image.Blob
	for _, b := range blobs {
		present, err := f.has(ctx, b)
		if err != nil {
			return err
		}
		if !present {
			missing = append(missing, b)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	q := &queue{pending: missing, open: func(b *image.Blob) opened { return f.open(ctx, b) }}
	defer q.close()
	defer cancel()
	for _, b := range missing {
		if err := f.write(ctx, b, q.next, q.advance); err != nil {
			return err
		}
	}
	return nil
}

// opened is the body of a blob, or the error of the request for the blob.
type opened struct {
	io.ReadCloser
	foreign bool // the body is not from the registry
	err     error
}

// queue sends the requests for blobs before the blobs are read. Only one goroutine
// may use a queue.
type queue struct {
	open    func(*image.Blob) opened
	pending []*image.Blob // blobs that were not requested yet
	// requested are the blobs that were requested but not read, in their order.
	requested []chan opened
	unread    int64 // unread bytes of all blobs that were requested
}

// next returns the next blob.
func (q *queue) next() opened {
	q.advance(0)
	first := q.requested[0]
	q.requested = q.requested[1:]
	return <-first
}

// advance records that n bytes were read. It then requests more blobs, as far as
// the limits allow.
func (q *queue) advance(n int64) {
	q.unread -= n
	for len(q.pending) > 0 && len(q.requested) < prefetchBlobs && q.unread <= prefetchBytes {
		blob, response := q.pending[0], make(chan opened, 1)
		go func() { response <- q.open(blob) }()
		q.pending, q.requested = q.pending[1:], append(q.requested, response)
		q.unread += blob.Descriptor.Size
	}
}

// close closes the blobs that were requested but not read. The caller must first
// cancel the context that the function open uses.
func (q *queue) close() {
	for _, response := range q.requested {
		if o := <-response; o.err == nil {
			_ = o.Close() // the error has no meaning, because the body is not used
		}
	}
}
