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
	// rangeSize is the size of a range in bytes, if Options.RangeSize is zero. Each
	// range costs a request and a round trip.
	rangeSize = 16 << 20
	// leastRanges is the smallest number of ranges. A smaller rest of a blob arrives
	// before more connections become fast.
	leastRanges = 4
	// fastRate is the rate of a connection, in bytes per second, above which more
	// connections gain little.
	fastRate = 128 << 20
)

// splitDownload is the body of a blob. It begins as one request for the whole blob. If the
// blob is large and its connection is slow, the window of the connection can be the
// reason. The splitDownload then reads the rest as ranges over several connections. If
// a range fails, it continues with one request, and the result of this request is final.
//
// Ranges are never trusted. The reader of Client.Blob computes the digest of all bytes in
// their order.
type splitDownload struct {
	download // offset counts all bytes that were read

	cancel context.CancelCauseFunc // ends a Read
	mu     sync.Mutex              // a transport can close the body of its request during a Read

	ranges  *ranges // nil while the rest of the blob is one request
	failed  bool    // a range failed, so there are no ranges any more
	closed  bool    // the body of the first request is closed
	read    int64   // bytes of the current measurement
	waiting time.Duration
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
		_ = s.body.Close() // the first request is not complete, and its rest is not needed
	}
	return n, nil
}

// readMeasured reads the body of the only request, and measures its rate. The time between
// two reads does not count, because a slow caller does not show that the connection is
// slow.
func (s *splitDownload) readMeasured(p []byte) (int, error) {
	size := s.client.opts.RangeSize
	start := (s.offset+size-1)/size*size + size // until this offset, the other connections open
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

// continueWithoutRanges continues with one request after a range failed. The cause is
// returned only if the download was cancelled. Otherwise, the one request either succeeds
// or fails for the same cause.
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
