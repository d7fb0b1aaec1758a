package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// resumeGain is the number of bytes after which a download gets a new retry
// budget. The minimum is necessary, because a server could otherwise send a few
// bytes per attempt, and the download would never end.
const resumeGain = 1 << 20

// download is the body of a blob, or one range of the body. After a truncated
// response, download resumes the transfer.
type download struct {
	ctx    context.Context
	client *Client
	repo   name.Repository
	desc   v1.Descriptor
	body   io.ReadCloser
	offset int64 // offset is the position of the next byte in the blob.
	end    int64 // The field "end" is the position after the last byte in the blob.
	st     attemptState

	// storage is nil for a whole blob, and is set for a range. A range accepts only a
	// response that contains exactly this range.
	storage *storage

	resumedAt int64  // resumedAt is the position in the blob at which the latest attempt began.
	host      string // host is the host that sends the body. A redirect can change this host.
}

func (d *download) open() error {
	k := d.client.blobCall(http.MethodGet, d.repo, d.desc)
	switch {
	case d.storage != nil:
		k.header = http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", d.offset, d.end-1)}}
	case d.offset > 0:
		k.header = http.Header{"Range": {fmt.Sprintf("bytes=%d-", d.offset)}}
	}
	resp, err := d.storage.do(d.ctx, d.client, k)
	if err != nil {
		return err
	}
	switch {
	case d.storage != nil:
		err = d.checkRange(resp)
	case d.offset > 0 && resp.StatusCode != http.StatusPartialContent:
		// The server ignored the range. Skip the bytes that an earlier attempt
		// has read.
		if _, err = io.CopyN(io.Discard, resp.Body, d.offset); err != nil {
			err = &skipError{noEOF(err)}
		}
	}
	if err != nil {
		return errors.Join(err, resp.Body.Close())
	}
	d.body, d.host = resp.Body, resp.Request.URL.Host
	return nil
}

// checkRange returns an error if a response does not contain the requested range (RFC 9110
// §15.3.7).
func (d *download) checkRange(resp *http.Response) error {
	want := fmt.Sprintf("bytes %d-%d/%d", d.offset, d.end-1, d.desc.Size)
	got := resp.Header.Get("Content-Range")
	if resp.StatusCode != http.StatusPartialContent || got != want || (resp.ContentLength >= 0 && resp.ContentLength != d.end-d.offset) {
		return fmt.Errorf("GET blob %s: requesting %q: %s sent status %d, %d bytes and the Content-Range %q",
			d.desc.Digest, want, resp.Request.URL.Host, resp.StatusCode, resp.ContentLength, sanitize(got))
	}
	return nil
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.offset += int64(n)
	if d.offset-d.resumedAt >= resumeGain {
		d.st = attemptState{}
	}
	short := err == io.EOF && d.offset < d.end
	if err == nil || (err == io.EOF && !short) || d.ctx.Err() != nil {
		return n, err
	}
	if short {
		err = io.ErrUnexpectedEOF
	}
	return n, d.resume(err)
}

// resume opens the download at the position of the next byte. If the response ends before
// this position, resume makes another attempt.
func (d *download) resume(cause error) error {
	for {
		d.st.attempts++
		again := d.st.decide(cause, "", 0)
		if !again.retry {
			return &TruncatedDownload{Host: d.host, Digest: d.desc.Digest, Received: d.offset, Size: d.desc.Size, Err: cause}
		}
		if err := d.client.retry.wait(d.ctx, again.wait, cause); err != nil {
			return err
		}
		_ = d.body.Close() // The error of the body is already known.
		d.resumedAt = d.offset
		err := d.open()
		var skip *skipError
		if d.ctx.Err() != nil || !errors.As(err, &skip) {
			return err
		}
		cause = skip.err
	}
}

// skipError is the error of a response that ended among the bytes that the client already
// had.
type skipError struct{ err error }

func (e *skipError) Error() string { return e.err.Error() }
func (e *skipError) Unwrap() error { return e.err }

func (d *download) Close() error { return d.body.Close() }

// storage is the address to which the registry redirected a request for a blob. The
// ranges of the blob share the address. A request to this address saves a request to
// the registry. The address is often valid for a few minutes only.
type storage struct{ address atomic.Pointer[url.URL] }

// do sends the call to the address of the storage. If the address is unknown, or if the
// call fails, the method "do" sends the call to the registry. The registry can redirect
// the call to another address. Only the registry's host receives credentials.
func (s *storage) do(ctx context.Context, c *Client, k call) (*http.Response, error) {
	if s == nil {
		return c.do(ctx, k)
	}
	at := c.session(k.repo.Registry)
	if known := s.address.Load(); known != nil {
		direct := k
		direct.url = known
		if resp, _, err := c.attempt(ctx, at, direct, attempt{number: 1}); err == nil {
			return resp, nil
		}
		s.address.CompareAndSwap(known, nil)
	}
	resp, err := c.do(ctx, k)
	if err == nil && !at.isHome(resp.Request.URL) {
		s.address.Store(resp.Request.URL)
	}
	return resp, err
}
