package ghcrtest_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// timed starts a server whose clock shows the elapsed time, and returns a client that may
// push to acme/web.
func timed(t *testing.T, config ghcrtest.Config) (*ghcrtest.Server, *client, *atomic.Int64) {
	t.Helper()
	var elapsed atomic.Int64
	config.Clock = func() time.Time { return time.Unix(1e9, 0).Add(time.Duration(elapsed.Load())) }
	config.TokenTTL = time.Hour
	s := start(t, config)
	return s, as(t, s, job).on("acme/web"), &elapsed
}

func TestSessionsExpireAfterTenMinutes(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: upload time
	config := acme()
	config.Dir = t.TempDir()
	s, c, elapsed := timed(t, config)
	old := c.openUpload("acme/web")
	c.do(http.MethodPatch, old, "abc").has(t, 202, "")
	elapsed.Store(int64(10*time.Minute - 1))
	c.do(http.MethodPatch, old, "def").has(t, 202, "")
	elapsed.Store(int64(10 * time.Minute))
	for _, method := range []string{http.MethodPatch, http.MethodPut, http.MethodGet} {
		c.do(method, old+"?digest="+digestOf("abcdef"), "").has(t, 404, "BLOB_UPLOAD_UNKNOWN")
	}
	c.openUpload("acme/web")
	if left, err := filepath.Glob(filepath.Join(config.Dir, "uploads", "*")); err != nil || len(left) != 1 {
		t.Errorf("got the files %v, %v, want only the file of the new session", left, err)
	}
	if n := s.Uploads(); n != 1 {
		t.Errorf("%d sessions are open, want only the new session", n)
	}
}

func TestAnUploadWithoutAnEndLosesItsConnection(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Refused: upload time
	s, c, elapsed := timed(t, acme())
	at := c.openUpload("acme/web")
	elapsed.Store(int64(10*time.Minute - time.Millisecond))
	body, feed := io.Pipe()
	go func() {
		for s.Uploads() > 0 { // The body has no end until the server drops the session.
			time.Sleep(time.Millisecond)
		}
		feed.Close()
	}()
	if got, err := c.send(http.MethodPatch, at, body); err == nil {
		t.Errorf("got %+v, want a closed connection", got)
	}
}

func TestTheNumberOfUnfinishedSessionsIsLimited(t *testing.T) {
	t.Parallel()
	const most = 1000
	s, c, elapsed := timed(t, acme())
	oldest := c.openUpload("acme/web")
	elapsed.Store(1)
	second := c.openUpload("acme/web")
	elapsed.Store(2)
	for range most - 1 {
		c.openUpload("acme/web")
	}
	if n := s.Uploads(); n != most {
		t.Errorf("%d sessions are open, want %d", n, most)
	}
	c.do(http.MethodGet, oldest, "").has(t, 404, "BLOB_UPLOAD_UNKNOWN")
	c.do(http.MethodGet, second, "").has(t, 204, "")
}

func TestBlobsHaveAMaximumSize(t *testing.T) {
	t.Parallel() // docs/ghcr.md, Blob upload
	config := acme()
	config.MaxBlob = 6
	s := start(t, config)
	c := as(t, s, job).on("acme/web")
	put := func(at, content string) {
		t.Helper()
		c.do(http.MethodPut, at+"?digest="+digestOf(content), content).has(t, 413, "SIZE_INVALID")
	}
	put(c.openUpload("acme/web"), "abcdefg")
	at := c.openUpload("acme/web")
	c.do(http.MethodPatch, at, "abc").has(t, 202, "")
	// A reader of unknown length has no Content-Length.
	got, err := c.send(http.MethodPatch, at, io.MultiReader(strings.NewReader("defg")))
	if err != nil {
		t.Fatal(err)
	}
	got.has(t, 413, "SIZE_INVALID")
	if n := s.Uploads(); n != 0 {
		t.Errorf("%d sessions are still open", n)
	}
	c.pushBlob("acme/web", "abcdef")
}
