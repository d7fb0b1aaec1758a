package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// How a blob came to be in a repository.
const (
	Uploaded Way = "uploaded"
	Mounted  Way = "mounted"
	Present  Way = "present"
)

// Way says how.
type Way string

// Upload puts a blob into a repository and returns its descriptor, which for
// a pending blob is known only then. Progress, if not nil, hears how many
// bytes were read of it, a negative number when a fault makes it start anew.
//
// It is one upload session: POST, then one PUT with the body (docs/ghcr.md,
// Blob upload; chunks would be limited to 4 MiB there). The bytes are hashed as
// they pass, so that wrong ones are found before the registry has them all. A
// pending blob goes by POST, one streamed PATCH and an empty PUT, since its
// digest is known only at its end. After a fault whose outcome is unclear the
// registry is asked whether it has the blob before any byte is sent again.
func (c *Client) Upload(ctx context.Context, repo name.Repository, b *image.Blob, progress func(int64)) (v1.Descriptor, Way, error) {
	if progress == nil {
		progress = func(int64) {}
	}
	u := &upload{client: c, repo: repo, blob: b, progress: progress, sent: b.Descriptor}
	return u.run(ctx)
}

// ProbePush asks whether the token may push, by opening an upload session that
// is never completed: it creates no blob, tag or package (docs/ghcr.md, Push
// probe). The error is nil if so.
func (c *Client) ProbePush(ctx context.Context, repo name.Repository) error {
	_, _, err := c.begin(ctx, repo, "")
	return err
}

type upload struct {
	client   *Client
	repo     name.Repository
	blob     *image.Blob
	progress func(int64)
	st       state
	opened   bool          // a session of this attempt: from there on the whole can be tried again
	sent     v1.Descriptor // what may be there by now; zero while nobody knows
	told     *told         // what progress has heard of the latest reading
	begun    time.Time     // when the latest body began
}

func (u *upload) run(ctx context.Context) (v1.Descriptor, Way, error) {
	for {
		u.st.attempts++
		desc, way, err := u.try(ctx)
		if err == nil || ctx.Err() != nil {
			return desc, way, err
		}
		if cut := u.cutOff(err); cut != nil {
			return desc, way, cut
		}
		v := u.judge(err)
		if !v.retry {
			return desc, way, err
		}
		if v.slow {
			u.client.session(u.repo.Registry).pause(v.wait, err)
		}
		if err := u.client.retry.wait(ctx, v.wait, err); err != nil {
			return desc, way, err
		}
		desc, there, err := u.committed(ctx)
		if err != nil || there {
			return desc, Uploaded, err
		}
	}
}

// committed looks whether the registry has the blob although the answer that
// should have said so was lost.
func (u *upload) committed(ctx context.Context) (v1.Descriptor, bool, error) {
	if u.sent.Digest == (v1.Hash{}) {
		return v1.Descriptor{}, false, nil
	}
	there, err := u.client.HasBlob(ctx, u.repo, u.sent.Digest)
	return u.sent, there, err
}

// judge adds to the general rules what only a whole upload can heal: a lost or
// garbled session (docs/ghcr.md, Refused: upload session) starts again. What
// has been tried to the end already, opening the session and a new token, is
// not tried again.
func (u *upload) judge(err error) verdict {
	var e *Error
	if !u.opened {
		return verdict{}
	}
	if errors.As(err, &e) && u.st.attempts < maxAttempts && (e.Has("BLOB_UPLOAD_UNKNOWN") || e.Has("BLOB_UPLOAD_INVALID")) {
		return verdict{retry: true, wait: u.st.backoff()}
	}
	v := u.st.judge(err, 0)
	v.retry = v.retry && !v.refresh
	return v
}

// try is one session from POST to the registry's confirmation.
func (u *upload) try(ctx context.Context) (v1.Descriptor, Way, error) {
	query := u.mountQuery()
	location, mounted, err := u.client.begin(ctx, u.repo, query)
	if query != "" && declined(err) {
		// A registry may refuse the mount rather than open a session
		// (docs/ghcr.md, Blob upload).
		location, mounted, err = u.client.begin(ctx, u.repo, "")
	}
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

// mountQuery asks for a mount where one may save the upload: at the first
// attempt, from a repository that has the blob.
func (u *upload) mountQuery() string {
	from, ok := u.blob.MountSource(u.repo)
	if !ok || u.st.attempts > 1 {
		return ""
	}
	return "?mount=" + url.QueryEscape(u.blob.Descriptor.Digest.String()) + "&from=" + url.QueryEscape(from.RepositoryStr())
}

// begin opens an upload session, or finds the blob mounted (201).
func (c *Client) begin(ctx context.Context, repo name.Repository, query string) (location *url.URL, mounted bool, err error) {
	resp, err := c.do(ctx, call{
		doing: "POST upload", method: http.MethodPost, repo: repo, access: Push,
		path: "blobs/uploads/" + query,
		want: []int{http.StatusAccepted, http.StatusCreated},
		read: discard,
	})
	if err != nil {
		return nil, false, err
	}
	if resp.StatusCode == http.StatusCreated {
		return nil, true, nil
	}
	location, err = c.location(resp)
	return location, false, err
}

// location reads where a session continues. It may be relative (docs/ghcr.md,
// Blob upload) and must not lead to plain HTTP from HTTPS.
func (c *Client) location(resp *http.Response) (*url.URL, error) {
	u, err := resp.Request.URL.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return nil, fmt.Errorf("opening an upload on %q: it answered without a usable Location", resp.Request.URL.Host)
	}
	if u.Scheme != "https" && u.Scheme != resp.Request.URL.Scheme {
		return nil, fmt.Errorf("opening an upload on %q: its Location %q is not encrypted", resp.Request.URL.Host, redact(u))
	}
	return u, nil
}

// put sends a blob whose digest is known.
func (u *upload) put(ctx context.Context, location *url.URL) (v1.Descriptor, Way, error) {
	desc := u.blob.Descriptor
	_, err := u.client.do(ctx, call{
		doing: "PUT blob " + desc.Digest.String(), method: http.MethodPut, repo: u.repo, access: Push,
		url: completed(location, desc.Digest), header: octets, size: desc.Size,
		body: func(ctx context.Context) (io.ReadCloser, error) { return u.open(ctx) },
		want: []int{http.StatusCreated, http.StatusNoContent}, once: true, read: discard,
	})
	return desc, Uploaded, err
}

// stream sends a blob whose digest is known at its end.
func (u *upload) stream(ctx context.Context, location *url.URL) (v1.Descriptor, Way, error) {
	var sum *summer
	resp, err := u.client.do(ctx, call{
		doing: "PATCH upload", method: http.MethodPatch, repo: u.repo, access: Push,
		url: location, header: octets, size: -1,
		body: func(ctx context.Context) (io.ReadCloser, error) {
			r, err := u.open(ctx)
			sum = newSummer(r)
			return sum, err
		},
		want: []int{http.StatusAccepted}, once: true, read: discard,
	})
	if err != nil {
		return v1.Descriptor{}, "", err
	}
	if location, err = u.client.location(resp); err != nil {
		return v1.Descriptor{}, "", err
	}
	desc := u.blob.Descriptor
	if desc.Digest, desc.Size, err = sum.sum(); err != nil {
		return v1.Descriptor{}, "", err
	}
	u.sent = desc
	_, err = u.client.do(ctx, call{
		doing: "PUT blob " + desc.Digest.String(), method: http.MethodPut, repo: u.repo, access: Push,
		url: completed(location, desc.Digest), header: octets,
		want: []int{http.StatusCreated, http.StatusNoContent}, once: true, read: discard,
	})
	return desc, Uploaded, err
}

func (u *upload) open(ctx context.Context) (io.ReadCloser, error) {
	r, err := u.blob.Open(ctx)
	if err != nil {
		return nil, err
	}
	if !u.blob.Pending() {
		r = Verify(r, u.blob.Descriptor)
	}
	if u.told != nil {
		u.told.takeBack() // what an earlier attempt sent counts no more
	}
	u.told, u.begun = &told{tell: u.progress}, u.client.now()
	return &progressReader{ReadCloser: r, tell: u.told.add}, nil
}

var octets = http.Header{"Content-Type": {"application/octet-stream"}}

func completed(location *url.URL, digest v1.Hash) *url.URL {
	u := *location
	q := u.Query()
	q.Set("digest", digest.String())
	u.RawQuery = q.Encode()
	return &u
}
