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

// closing counts what was let go.
type closing struct {
	io.Reader
	closed *atomic.Int32
}

func (c closing) Close() error { c.closed.Add(1); return nil }

// queueOf is a queue of blobs with these sizes, in MiB; the blob of size 0
// cannot be opened.
func queueOf(closed *atomic.Int32, sizes ...int64) *queue {
	q := &queue{open: func(b *image.Blob) opened {
		if b.Descriptor.Size == 0 {
			return opened{err: errors.New("there is no such blob")}
		}
		return opened{ReadCloser: closing{strings.NewReader(""), closed}}
	}}
	for _, size := range sizes {
		q.left = append(q.left, &image.Blob{Descriptor: v1.Descriptor{Size: size << 20}})
	}
	return q
}

func TestBlobsAreAskedForBeforeTheirTurn(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		sizes []int64
		ahead int   // asked for while the first one is read
		then  int64 // MiB of it that pass
		after int   // asked for by then
	}{
		{"one", []int64{5}, 0, 5, 0},
		{"small ones", []int64{1, 1, 1, 1}, 3, 1, 3},
		{"no more than eight", []int64{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 7, 1, 8},
		{"a large one, then others", []int64{100, 1, 1}, 0, 91, 0},
		{"a large one near its end", []int64{100, 1, 1}, 0, 92, 1},
		{"large ones", []int64{100, 100, 100}, 0, 100, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var closed atomic.Int32
			q := queueOf(&closed, c.sizes...)
			first := q.take()
			if len(q.asked) != c.ahead {
				t.Errorf("%d are asked for at first, want %d", len(q.asked), c.ahead)
			}
			q.passed(c.then << 20)
			if len(q.asked) != c.after {
				t.Errorf("%d are asked for then, want %d", len(q.asked), c.after)
			}
			_ = first.Close()
			q.close()
			var want int32
			for _, size := range c.sizes[:1+c.after] {
				want += int32(min(size, 1))
			}
			if closed.Load() != want {
				t.Errorf("%d were let go, want %d", closed.Load(), want)
			}
		})
	}
}

func TestBlobsComeInTheirOrder(t *testing.T) {
	t.Parallel()
	var closed atomic.Int32
	q := queueOf(&closed, 1, 2, 0, 3)
	for _, want := range []bool{true, true, false, true} {
		if o := q.take(); (o.err == nil) != want {
			t.Errorf("got %v, want one that opens: %t", o.err, want)
		}
	}
}
