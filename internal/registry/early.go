package registry

import (
	"context"
	"net/url"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
)

// maxEarlyUploads is the largest number of upload sessions that are opened in advance for
// one repository. More sessions would not make a run faster, because the client sends at
// most this number of bodies concurrently at the start of a run.
const maxEarlyUploads = initialUploads

// earlyLife is the time during which the client uses a session that was opened in
// advance. A registry closes unused sessions.
const earlyLife = time.Minute

// EarlyUpload is an upload session that was opened in advance. Any blob of the repository
// can use the session.
type EarlyUpload struct {
	opened   chan struct{} // opened is closed when the registry has answered.
	location *url.URL
	err      error
	at       time.Time // The field "at" is the time of the answer.
}

// OpenUploads opens upload sessions in the background, so that at least n sessions of the
// repository are available to [Client.Reserve]. OpenUploads opens at most maxEarlyUploads
// sessions. An upload then does not wait for the round trip of its POST. If the run
// uploads fewer blobs, some sessions stay unused. An unused session contains no data, and
// the registry closes the session.
func (c *Client) OpenUploads(ctx context.Context, repo name.Repository, n int) {
	c.mu.Lock()
	missing := min(n, maxEarlyUploads) - len(c.early[repo.Name()])
	c.mu.Unlock()
	for range missing {
		e := &EarlyUpload{opened: make(chan struct{})}
		c.keep(repo, e)
		go func() {
			defer close(e.opened)
			e.location, _, e.err = c.openSession(ctx, repo, "")
			e.at = c.now()
		}()
	}
}

// keep makes a session available to Reserve.
func (c *Client) keep(repo name.Repository, e *EarlyUpload) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.early[repo.Name()] = append(c.early[repo.Name()], e)
}

// Reserve returns a session that was opened in advance, for [Client.UploadTo]. If no such
// session exists, Reserve returns nil. No other caller gets the same session.
func (c *Client) Reserve(repo name.Repository) *EarlyUpload {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.early[repo.Name()]
	if len(all) == 0 {
		return nil
	}
	c.early[repo.Name()] = all[1:]
	return all[0]
}

// session waits for the answer of the registry. The result "usable" is false if the
// session is too old, or if e is nil. If the registry refused to open the session, the
// result "usable" is true, because another request would get the same error.
func (e *EarlyUpload) session(ctx context.Context, now func() time.Time) (location *url.URL, usable bool, err error) {
	if e == nil {
		return nil, false, nil
	}
	select {
	case <-e.opened:
	case <-ctx.Done():
		return nil, true, context.Cause(ctx)
	}
	return e.location, e.err != nil || now().Sub(e.at) < earlyLife, e.err
}
