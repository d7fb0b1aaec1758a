package pull

import (
	"context"
	"io"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The queue sends the request for a blob before the caller reads the blob. The queue
// requests the next blob if fewer than prefetchBlobs blobs are requested but not read,
// and if these blobs have at most prefetchBytes unread bytes. Early requests save time,
// because most of the download time of a small layer is the response time of the
// registry. Unread bytes wait in the buffers of the operating system, or in the
// flow-control window of an HTTP/2 stream, which is a few MiB.
const (
	prefetchBytes = 8 << 20
	prefetchBlobs = 8
)

// inOrder writes the blobs to the sink one after the other, in the order of
// the list.
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
	foreign bool // foreign is true if the body does not come from the registry.
	err     error
}

// queue sends the request for a blob before the caller reads the blob. Only
// one goroutine may use a queue.
type queue struct {
	open    func(*image.Blob) opened
	pending []*image.Blob // the blobs for which the queue has not sent a request
	// The field "requested" contains the blobs that are requested but not read,
	// in the order of the requests.
	requested []chan opened
	unread    int64 // the number of unread bytes in all requested blobs
}

// next returns the next blob.
func (q *queue) next() opened {
	q.advance(0)
	first := q.requested[0]
	q.requested = q.requested[1:]
	return <-first
}

// The caller calls advance after it has read n bytes. advance then sends
// requests for more blobs if the limits allow it.
func (q *queue) advance(n int64) {
	q.unread -= n
	for len(q.pending) > 0 && len(q.requested) < prefetchBlobs && q.unread <= prefetchBytes {
		blob, response := q.pending[0], make(chan opened, 1)
		go func() { response <- q.open(blob) }()
		q.pending, q.requested = q.pending[1:], append(q.requested, response)
		q.unread += blob.Descriptor.Size
	}
}

// close closes the blobs that are requested but not read. Before the call of
// close, the caller must cancel the context that the function "open" uses.
func (q *queue) close() {
	for _, response := range q.requested {
		if o := <-response; o.err == nil {
			_ = o.Close() // The error is ignored, because the pull does not use the body.
		}
	}
}
