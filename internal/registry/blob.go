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

// maxRedirects bounds how often a blob read is sent elsewhere.
const maxRedirects = 5

// resumeGain is how many bytes an attempt must bring for a download's patience
// to start anew, so that a server which gives a byte at a time does not keep
// us for ever.
const resumeGain = 1 << 20

// HasBlob reports whether the repository holds the blob. A refused read
// counts as "not known to be there": only an upload decides (docs/ghcr.md, Push probe).
func (c *Client) HasBlob(ctx context.Context, repo name.Repository, digest v1.Hash) (bool, error) {
	resp, err := c.do(ctx, call{
		doing: "HEAD blob " + digest.String(), method: http.MethodHead,
		repo: repo, access: Pull, path: "blobs/" + digest.String(),
		// Some registries redirect a HEAD as they do a GET; that is a yes.
		want: found,
		read: discard,
	})
	if IsAbsent(err) {
		return false, nil
	}
	return resp != nil, err
}

// Blob reads a blob. The reader checks digest and size while the bytes pass,
// and takes up a broken download where it broke; its last Read returns an
// error instead of io.EOF if the content is not what the descriptor says.
func (c *Client) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	d := &download{ctx: ctx, client: c, repo: repo, desc: desc}
	if err := d.open(); err != nil {
		return nil, err
	}
	return Verify(d, desc), nil
}

// ProbeBlob follows a blob's redirects with a HEAD and no credentials beyond
// the registry's host, and reports whether the bytes can be fetched: what a
// stranger's pull would meet.
func (c *Client) ProbeBlob(ctx context.Context, repo name.Repository, desc v1.Descriptor) error {
	resp, err := c.follow(ctx, c.blobCall(http.MethodHead, repo, desc))
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
		doing: method + " blob " + desc.Digest.String(), method: method,
		repo: repo, access: Pull, path: "blobs/" + desc.Digest.String(), size: answerSize(method, desc),
		want: found,
	}
}

// found are the answers that say a blob is there, or where it is.
var found = []int{
	http.StatusOK, http.StatusPartialContent, http.StatusMovedPermanently, http.StatusFound,
	http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
}

// answerSize lets the connection be chosen by what will come back.
func answerSize(method string, desc v1.Descriptor) int64 {
	if method == http.MethodGet {
		return desc.Size
	}
	return 0
}

// follow sends a call and goes where its answer points. Credentials are added
// by session.sign alone, so none leaves the registry's host; a way from HTTPS
// to plain HTTP is not taken.
func (c *Client) follow(ctx context.Context, k call) (*http.Response, error) {
	for range maxRedirects {
		resp, err := c.do(ctx, k)
		if err != nil || resp.StatusCode < http.StatusMultipleChoices {
			return resp, err
		}
		next, err := resp.Request.URL.Parse(resp.Header.Get("Location"))
		_ = discard(resp) // only so that the connection can be used again
		_ = resp.Body.Close()
		if err != nil { // the error would quote a signed URL
			return nil, fmt.Errorf("%s: it redirects to what is no URL", k.doing)
		}
		if next.Scheme != "https" && next.Scheme != resp.Request.URL.Scheme {
			return nil, fmt.Errorf("%s: it redirects to %q, which is not encrypted", k.doing, redact(next))
		}
		k.url = next
	}
	return nil, fmt.Errorf("%s: more than %d redirects", k.doing, maxRedirects)
}

// redact leaves out the query, where signed URLs carry their signature.
func redact(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// download is a body that continues after a break.
type download struct {
	ctx    context.Context
	client *Client
	repo   name.Repository
	desc   v1.Descriptor
	body   io.ReadCloser
	offset int64
	st     state

	resumed int64  // where the latest attempt began
	host    string // that sends it, which a redirect may have led to
}

func (d *download) open() error {
	k := d.client.blobCall(http.MethodGet, d.repo, d.desc)
	if d.offset > 0 {
		k.header = http.Header{"Range": {fmt.Sprintf("bytes=%d-", d.offset)}}
	}
	resp, err := d.client.follow(d.ctx, k)
	if err != nil {
		return err
	}
	if d.offset > 0 && resp.StatusCode != http.StatusPartialContent {
		// The range was ignored: skip what is there already.
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
	if d.offset-d.resumed >= resumeGain {
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
	if v := d.st.judge(cause, 0); !v.retry {
		return &BrokenOff{Host: d.host, Digest: d.desc.Digest, Got: d.offset, Size: d.desc.Size, Err: cause}
	}
	if err := d.client.retry.wait(d.ctx, d.st.backoff(), cause); err != nil {
		return err
	}
	_ = d.body.Close() // it is broken already
	d.resumed = d.offset
	return d.open()
}

func (d *download) Close() error { return d.body.Close() }
