package registry

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	// rangeSize is the size of a range in bytes, if Options.RangeSize is zero. A smaller
	// size would need more requests and round trips.
	rangeSize = 16 << 20
	// leastRanges is the smallest number of ranges of one blob. For fewer ranges, new
	// connections gain nothing, because a new connection starts slowly.
	leastRanges = 4
	// fastRate is the rate of a fast connection, in bytes per second. If one connection
	// is faster than fastRate, the program opens no more connections, because more
	// connections would gain little.
	fastRate = 128 << 20
)

// splitDownload is the body of a blob. A splitDownload begins with one request for the
// whole blob. If the blob is large and the connection is slow, the window of the
// connection can limit the rate. The splitDownload then reads the rest of the blob as
// ranges over several connections. If a range fails, one request downloads this range
// and all later bytes, and the result of this request is final.
//
// splitDownload does not trust the content of a range. The reader of Client.Blob computes
// the digest of all bytes in their order.
type splitDownload struct {
	download // The offset counts all bytes that Read has returned.

	cancel context.CancelCauseFunc // cancel ends a running Read.
	mu     sync.Mutex              // mu protects the fields, because a transport can close the body of an upload during a Read.

	ranges  *ranges       // ranges is nil while one request downloads the rest of the blob.
	failed  bool          // failed is true after a range failed. The blob then uses no ranges any more.
	closed  bool          // closed is true if the body of the first request is closed.
	read    int64         // The field "read" is the number of bytes of the current measurement.
	waiting time.Duration // The field "waiting" is the time of the reads of the current measurement.
}

// openSplit sends the first request for a blob.
func (c *Client) openSplit(ctx context.Context, repo name.Repository, desc v1.Descriptor) (*splitDownload, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &splitDownload{download: download{ctx: ctx, client: c, repo: repo, desc: desc, end: desc.Size}, cancel: cancel}
	if err := s.open(); err != nil {
		cancel(err)
		return nil, err
	}
	return s, nil
}

func (s *splitDownload) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ranges == nil:
		return s.readMeasured(p)
	case s.offset < s.ranges.start:
		return s.download.Read(p[:min(int64(len(p)), s.ranges.start-s.offset)])
	case s.offset == s.end:
		return 0, io.EOF
	}
	n, err := s.ranges.read(p)
	s.offset += int64(n)
	if err != nil {
		if err := s.continueWithoutRanges(err); err != nil {
			return 0, err
		}
		return s.download.Read(p)
	}
	if !s.closed {
		s.closed = true
		_ = s.body.Close() // The caller ignores this error, because nothing needs the rest of this body.
	}
	return n, nil
}

// readMeasured reads the body of the first request, and measures the rate of the body. The
// time between two calls of Read does not count, because a slow caller does not prove that
// the connection is slow.
func (s *splitDownload) readMeasured(p []byte) (int, error) {
	size := s.client.opts.RangeSize
	start := (s.offset+size-1)/size*size + size // The first request downloads the bytes before the position "start", while the other connections open.
	if s.failed || s.end-start < leastRanges*size {
		return s.download.Read(p)
	}
	begin := s.client.now()
	n, err := s.download.Read(p)
	s.waiting += s.client.now().Sub(begin)
	if s.read += int64(n); s.read < size/2 || err != nil {
		return n, err
	}
	if float64(s.read) < fastRate*s.waiting.Seconds() {
		s.ranges = s.client.startRanges(s.download, start)
	}
	s.read, s.waiting = 0, 0
	return n, nil
}

// continueWithoutRanges downloads the rest of the blob with one request after a range
// failed. continueWithoutRanges returns the cause only if the download was cancelled.
// Otherwise, the new request either succeeds or fails for the same cause.
func (s *splitDownload) continueWithoutRanges(cause error) error {
	s.ranges.stop()
	s.ranges, s.failed = nil, true
	if s.ctx.Err() != nil {
		return cause
	}
	if !s.closed {
		return nil
	}
	s.closed, s.resumedAt = false, s.offset
	return s.open()
}

func (s *splitDownload) Close() error {
	s.cancel(errStopped)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ranges != nil {
		s.ranges.stop()
		s.ranges = nil
	}
	return s.body.Close()
}
