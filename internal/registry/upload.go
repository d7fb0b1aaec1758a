package registry

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// BlobOutcome states how a blob reached a repository.
type BlobOutcome string

// An upload of a blob has one of the following outcomes. Upload never returns Present. A
// caller uses Present for a blob that the repository already had.
const (
	Uploaded BlobOutcome = "uploaded"
	Mounted  BlobOutcome = "mounted"
	Present  BlobOutcome = "present"
)

// Upload uploads a blob into a repository and returns its descriptor. For a pending blob,
// only the returned descriptor contains the digest and the size. The function "progress",
// if not nil, receives the number of bytes of each read. Before another attempt, Upload
// calls progress with a negative number, to subtract the bytes of the failed attempt.
//
// An upload session consists of a POST and one PUT with the body (docs/ghcr.md,
// Blob upload). Upload does not send chunks, because ghcr.io limits a chunk to 4
// MiB. Upload hashes the bytes of a blob while it sends them, so that the
// registry never receives all bytes of a wrong blob. A pending blob needs a
// POST, one streamed PATCH and an empty PUT, because its digest is known only at
// the end of its content. If the result of an attempt is unclear, Upload asks
// whether the registry has the blob before the next attempt.
func (c *Client) Upload(ctx context.Context, repo name.Repository, b *image.Blob, progress func(int64)) (v1.Descriptor, BlobOutcome, error) {
	return c.UploadTo(ctx, nil, repo, b, progress)
}

// UploadTo is like [Client.Upload], but the first attempt uses a session that was opened
// in advance. If the session is nil or old, or if the blob can be mounted, UploadTo opens
// a session.
func (c *Client) UploadTo(ctx context.Context, early *EarlyUpload, repo name.Repository, b *image.Blob, progress func(int64)) (v1.Descriptor, BlobOutcome, error) {
	if progress == nil {
		progress = func(int64) {}
	}
	u := &upload{client: c, repo: repo, blob: b, early: early, report: progress, candidate: b.Descriptor}
	u.st.host = c.session(repo.Registry)
	return u.run(ctx)
}

// ProbePush returns nil if the token may push. ProbePush opens an upload session and does
// not complete the session. ProbePush creates no blob, tag or package (docs/ghcr.md, Push
// probe). The first upload to the repository can use the session (see [Client.Reserve]).
func (c *Client) ProbePush(ctx context.Context, repo name.Repository) error {
	location, _, err := c.openSession(ctx, repo, "")
	if err == nil {
		e := &EarlyUpload{opened: make(chan struct{}), location: location, at: c.now()}
		close(e.opened)
		c.keep(repo, e)
	}
	return err
}

// upload holds the state of the upload of one blob, with all its attempts.
type upload struct {
	client    *Client
	repo      name.Repository
	blob      *image.Blob
	early     *EarlyUpload // early is an open upload session for the first attempt, or nil.
	report    func(int64)
	st        attemptState
	opened    bool             // opened is true if the attempt opened a session. Without a session, another attempt cannot help.
	candidate v1.Descriptor    // candidate is the blob that the registry may already have. The field "candidate" is zero while the digest is unknown.
	progress  *attemptProgress // progress reports the sent bytes of the latest attempt.
	started   time.Time        // started is the time at which the latest attempt began to send the body.
}

func (u *upload) run(ctx context.Context) (v1.Descriptor, BlobOutcome, error) {
	for {
		u.st.attempts++
		desc, outcome, err := u.attempt(ctx)
		if err == nil || ctx.Err() != nil {
			return desc, outcome, err
		}
		if truncated := u.truncated(err); truncated != nil {
			return desc, outcome, truncated
		}
		d := u.decide(err)
		if !d.retry {
			return desc, outcome, err
		}
		if d.throttled {
			u.client.session(u.repo.Registry).pause(d.wait, err)
		}
		if err := u.client.retry.wait(ctx, d.wait, err); err != nil {
			return desc, outcome, err
		}
		desc, exists, err := u.committed(ctx)
		if err != nil || exists {
			return desc, Uploaded, err
		}
	}
}

// committed reports whether the registry has the blob after a failed attempt. The
// registry has the blob if only the response was lost.
func (u *upload) committed(ctx context.Context) (v1.Descriptor, bool, error) {
	if u.candidate.Digest == (v1.Hash{}) {
		return v1.Descriptor{}, false, nil
	}
	exists, err := u.client.HasBlob(ctx, u.repo, u.candidate.Digest)
	return u.candidate, exists, err
}

// decide returns the reaction to a failed attempt. Each further attempt opens a new
// session. An error of the token exchange, or of the call that opens a session, is final.
// The token exchange and the call have their own retry budgets. The call has also
// replaced a token that the registry refused.
func (u *upload) decide(err error) decision {
	if !u.opened {
		return decision{}
	}
	u.st.tokenReplaced = true
	return u.st.decide(err, retry.Upload, 0)
}

// attempt runs one upload session from the POST to the confirmation of the
// registry.
func (u *upload) attempt(ctx context.Context) (v1.Descriptor, BlobOutcome, error) {
	location, mounted, err := u.open(ctx)
	if u.opened = err == nil; !u.opened {
		return v1.Descriptor{}, "", err
	}
	if mounted {
		return u.blob.Descriptor, Mounted, nil
	}
	if u.blob.Pending() {
		return u.stream(ctx, location)
	}
	return u.put(ctx, location)
}

// open returns the session of an attempt, or mounts the blob.
func (u *upload) open(ctx context.Context) (location *url.URL, mounted bool, err error) {
	query := u.mountQuery()
	if query == "" && u.st.attempts == 1 {
		if location, usable, err := u.early.session(ctx, u.client.now); usable {
			return location, false, err
		}
	}
	location, mounted, err = u.client.openSession(ctx, u.repo, query)
	if query != "" && isRejection(err) {
		// Some registries refuse a mount and open no session (docs/ghcr.md, Blob
		// upload).
		return u.client.openSession(ctx, u.repo, "")
	}
	return location, mounted, err
}

// mountQuery returns the query that requests a mount from a repository that has
// the blob. Only the first attempt requests a mount.
func (u *upload) mountQuery() string {
	from, ok := u.blob.MountSource(u.repo)
	if !ok || u.st.attempts > 1 {
		return ""
	}
	return "?mount=" + url.QueryEscape(u.blob.Descriptor.Digest.String()) + "&from=" + url.QueryEscape(from.RepositoryStr())
}

// openSession opens an upload session. The result "mounted" is true if the query requests
// a mount and the registry mounted the blob (201). If the query requests no mount,
// openSession treats status 201 like 202, because the registry cannot confirm a blob.
func (c *Client) openSession(ctx context.Context, repo name.Repository, query string) (location *url.URL, mounted bool, err error) {
	resp, err := c.do(ctx, call{
		operation: "POST upload", method: http.MethodPost, repo: repo, access: Push,
		path:        "blobs/uploads/" + query,
		statuses:    []int{http.StatusAccepted, http.StatusCreated},
		readContent: discardBody,
	})
	if err != nil {
		return nil, false, err
	}
	if resp.StatusCode == http.StatusCreated && query != "" {
		return nil, true, nil
	}
	location, err = c.location("POST upload", resp)
	return location, false, err
}

// location returns the URL for the next request of an upload session. The header
// Location can be relative (docs/ghcr.md, Blob upload).
func (c *Client) location(operation string, resp *http.Response) (*url.URL, error) {
	u, problem := target(resp, "Location", resp.Header.Get("Location"), operation)
	if problem != nil {
		return nil, problem
	}
	return u, nil
}

// put sends a blob whose digest is known.
func (u *upload) put(ctx context.Context, location *url.URL) (v1.Descriptor, BlobOutcome, error) {
	desc := u.blob.Descriptor
	_, err := u.client.do(ctx, call{
		operation: "PUT blob " + desc.Digest.String(), method: http.MethodPut, repo: u.repo, access: Push,
		url: withDigest(location, desc.Digest), header: octetStream, size: desc.Size,
		body:     func(ctx context.Context) (io.ReadCloser, error) { return u.content(ctx) },
		statuses: []int{http.StatusCreated, http.StatusNoContent}, session: &u.st, readContent: discardBody,
	})
	return desc, Uploaded, err
}

// stream sends a blob whose digest is known only at the end of its content.
func (u *upload) stream(ctx context.Context, location *url.URL) (v1.Descriptor, BlobOutcome, error) {
	var hashing *hashingReader
	resp, err := u.client.do(ctx, call{
		operation: "PATCH upload", method: http.MethodPatch, repo: u.repo, access: Push,
		url: location, header: octetStream, size: -1,
		body: func(ctx context.Context) (io.ReadCloser, error) {
			r, err := u.content(ctx)
			hashing = newHashingReader(r)
			return hashing, err
		},
		statuses: []int{http.StatusAccepted}, session: &u.st, readContent: discardBody,
	})
	if err != nil {
		return v1.Descriptor{}, "", err
	}
	if location, err = u.client.location("PATCH upload", resp); err != nil {
		return v1.Descriptor{}, "", err
	}
	desc := u.blob.Descriptor
	if desc.Digest, desc.Size, err = hashing.sum(); err != nil {
		return v1.Descriptor{}, "", err
	}
	u.candidate = desc
	_, err = u.client.do(ctx, call{
		operation: "PUT blob " + desc.Digest.String(), method: http.MethodPut, repo: u.repo, access: Push,
		url: withDigest(location, desc.Digest), header: octetStream,
		statuses: []int{http.StatusCreated, http.StatusNoContent}, session: &u.st, readContent: discardBody,
	})
	return desc, Uploaded, err
}

// content opens the bytes to send.
func (u *upload) content(ctx context.Context) (io.ReadCloser, error) {
	r, err := u.blob.Open(ctx)
	if err != nil {
		return nil, err
	}
	if !u.blob.Pending() {
		r = Verify(r, u.blob.Descriptor)
	}
	if u.progress != nil {
		u.progress.withdraw()
	}
	u.progress, u.started = &attemptProgress{report: u.report}, u.client.now()
	return &progressReader{ReadCloser: r, report: u.progress.add}, nil
}

var octetStream = http.Header{"Content-Type": {"application/octet-stream"}}

// withDigest adds the digest to a location. A PUT to the resulting URL completes
// the upload.
func withDigest(location *url.URL, digest v1.Hash) *url.URL {
	u := *location
	q := u.Query()
	q.Set("digest", digest.String())
	u.RawQuery = q.Encode()
	return &u
}
