package pull

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// closeCounter counts the bodies that were closed.
type closeCounter struct {
	io.Reader
	closed *atomic.Int32
}

func (c closeCounter) Close() error { c.closed.Add(1); return nil }

// queueOf returns a queue of blobs with these sizes, in MiB. A blob of size 0
// cannot be opened.
func queueOf(closed *atomic.Int32, sizes ...int64) *queue {
	q := &queue{open: func(b *image.Blob) opened {
		if b.Descriptor.Size == 0 {
			return opened{err: errors.New("the blob does not exist")}
		}
		return opened{ReadCloser: closeCounter{strings.NewReader(""), closed}}
	}}
	for _, size := range sizes {
		q.pending = append(q.pending, &image.Blob{Descriptor: v1.Descriptor{Size: size << 20}})
	}
	return q
}

func TestBlobsAreRequestedInAdvance(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		sizes []int64
		ahead int   // number of blobs in requested after the first call of next
		read  int64 // number of MiB of the first blob that are then read
		after int   // number of blobs in requested after this read
	}{
		{"one blob", []int64{5}, 0, 5, 0},
		{"small blobs", []int64{1, 1, 1, 1}, 3, 1, 3},
		{"more blobs than the limit", []int64{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 7, 1, 8},
		{"small blobs after the start of a large blob", []int64{100, 1, 1}, 0, 91, 0},
		{"small blobs after the end of a large blob", []int64{100, 1, 1}, 0, 92, 1},
		{"large blobs", []int64{100, 100, 100}, 0, 100, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var closed atomic.Int32
			q := queueOf(&closed, c.sizes...)
			first := q.next()
			if len(q.requested) != c.ahead {
				t.Errorf("%d blobs are requested at the start, want %d", len(q.requested), c.ahead)
			}
			q.advance(c.read << 20)
			if len(q.requested) != c.after {
				t.Errorf("%d blobs are requested after %d MiB, want %d", len(q.requested), c.read, c.after)
			}
			_ = first.Close()
			q.close()
			var want int32
			for _, size := range c.sizes[:1+c.after] {
				want += int32(min(size, 1))
			}
			if closed.Load() != want {
				t.Errorf("%d bodies were closed, want %d", closed.Load(), want)
			}
		})
	}
}

func TestQueueReturnsTheBlobsInTheirOrder(t *testing.T) {
	t.Parallel()
	var closed atomic.Int32
	q := queueOf(&closed, 1, 2, 0, 3)
	for _, want := range []bool{true, true, false, true} {
		if o := q.next(); (o.err == nil) != want {
			t.Errorf("got the error %v; the queue must return a body: %t", o.err, want)
		}
	}
}
