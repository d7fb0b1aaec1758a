package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxRedirects limits the redirects of one blob read.
const maxRedirects = 5

// resumeGain is the number of bytes after which a download gets a new retry budget.
// Without this minimum, a server that sends a few bytes per attempt would keep the
// download running without end.
const resumeGain = 1 << 20

// HasBlob reports whether the repository has the blob. If the read is refused,
// HasBlob returns false. A refused read does not show whether the blob exists; only
// an upload shows this (docs/ghcr.md, Push probe).
func (c *Client) HasBlob(ctx context.Context, repo name.Repository, digest v1.Hash) (bool, error) {
	resp, err := c.do(ctx, call{
		operation: "HEAD blob " + digest.String(), method: http.MethodHead,
		repo: repo, access: Pull, path: "blobs/" + digest.String(),
		// Some registries redirect a HEAD like a GET. A redirect means that the blob
		// exists.
		statuses:    blobExists,
		readContent: discardBody,
	})
	return resp != nil, IgnoreAbsent(err)
}

// Blob reads a blob. The reader verifies the digest and the size of the content
// and resumes a truncated download. If the content differs from the descriptor,
// the last Read returns an error instead of io.EOF.
func (c *Client) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	d := &download{ctx: ctx, client: c, repo: repo, desc: desc}
	if err := d.open(); err != nil {
		return nil, err
	}
	return Verify(d, desc), nil
}

// ProbeBlob checks whether a blob can be downloaded. It sends a HEAD and follows
// the redirects. As in a pull, only the registry's host receives credentials.
func (c *Client) ProbeBlob(ctx context.Context, repo name.Repository, desc v1.Descriptor) error {
	resp, err := c.followRedirects(ctx, c.blobCall(http.MethodHead, repo, desc))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.ContentLength >= 0 && resp.ContentLength != desc.Size {
		return fmt.Errorf("HEAD blob %s: it has %d bytes, not %d", desc.Digest, resp.ContentLength, desc.Size)
	}
	return nil
}

func (c *Client) blobCall(method string, repo name.Repository, desc v1.Descriptor) call {
	return call{
		operation: method + " blob " + desc.Digest.String(), method: method,
		repo: repo, access: Pull, path: "blobs/" + desc.Digest.String(), size: answerSize(method, desc),
		statuses: blobExists,
	}
}

// blobExists lists the statuses that mean that a blob exists.
var blobExists = []int{
	http.StatusOK, http.StatusPartialContent, http.StatusMovedPermanently, http.StatusFound,
	http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
}

// answerSize returns the expected size of the response's body. This size determines
// the connection that the request uses.
func answerSize(method string, desc v1.Descriptor) int64 {
	if method == http.MethodGet {
		return desc.Size
	}
	return 0
}

// followRedirects sends a call and follows its redirects. Only
// session.authenticate adds credentials, so no other host receives them. A
// redirect from HTTPS to plain HTTP is an error.
func (c *Client) followRedirects(ctx context.Context, k call) (*http.Response, error) {
	for range maxRedirects {
		resp, err := c.do(ctx, k)
		if err != nil || resp.StatusCode < http.StatusMultipleChoices {
			return resp, err
		}
		next, err := resp.Request.URL.Parse(resp.Header.Get("Location"))
		_ = discardBody(resp) // the body is read only so that the connection can be used again
		_ = resp.Body.Close()
		if err != nil { // err is not wrapped, because it would quote a signed URL
			return nil, fmt.Errorf("%s: the Location of the redirect is not a valid URL", k.operation)
		}
		if next.Scheme != "https" && next.Scheme != resp.Request.URL.Scheme {
			return nil, fmt.Errorf("%s: the redirect to %q is not encrypted", k.operation, redact(next))
		}
		k.url = next
	}
	return nil, fmt.Errorf("%s: more than %d redirects", k.operation, maxRedirects)
}

// redact removes the query, which contains the signature of a signed URL.
func redact(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// download is the body of a blob. It resumes after a truncated response.
type download struct {
	ctx    context.Context
	client *Client
	repo   name.Repository
	desc   v1.Descriptor
	body   io.ReadCloser
	offset int64
	st     attemptState

	resumedAt int64  // the offset in the blob at which the latest attempt began
	host      string // the host that sends the body, which a redirect can change
}

func (d *download) open() error {
	k := d.client.blobCall(http.MethodGet, d.repo, d.desc)
	if d.offset > 0 {
		k.header = http.Header{"Range": {fmt.Sprintf("bytes=%d-", d.offset)}}
	}
	resp, err := d.client.followRedirects(d.ctx, k)
	if err != nil {
		return err
	}
	if d.offset > 0 && resp.StatusCode != http.StatusPartialContent {
		// The server ignored the range. Skip the bytes that were read before.
		if _, err := io.CopyN(io.Discard, resp.Body, d.offset); err != nil {
			return errors.Join(err, resp.Body.Close())
		}
	}
	d.body, d.host = resp.Body, resp.Request.URL.Host
	return nil
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.offset += int64(n)
	if d.offset-d.resumedAt >= resumeGain {
		d.st.attempts = 0
	}
	short := err == io.EOF && d.offset < d.desc.Size
	if err == nil || (err == io.EOF && !short) || d.ctx.Err() != nil {
		return n, err
	}
	if short {
		err = io.ErrUnexpectedEOF
	}
	return n, d.resume(err)
}

func (d *download) resume(cause error) error {
	d.st.attempts++
	if !d.st.decide(cause, 0).retry {
		return &TruncatedDownload{Host: d.host, Digest: d.desc.Digest, Received: d.offset, Size: d.desc.Size, Err: cause}
	}
	if err := d.client.retry.wait(d.ctx, d.st.backoff(), cause); err != nil {
		return err
	}
	_ = d.body.Close() // the error of the body is already known
	d.resumedAt = d.offset
	return d.open()
}

func (d *download) Close() error { return d.body.Close() }
