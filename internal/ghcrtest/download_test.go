package ghcrtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestHeadOfABlobReturnsItsSize(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	digest := c.pushBlob("acme/web", "content")
	got := c.do(http.MethodHead, "/v2/acme/web/blobs/"+digest, "")
	if got.status != 200 || got.header.Get("Content-Length") != "7" || got.header.Get("Docker-Content-Digest") != digest {
		t.Errorf("got %d %v", got.status, got.header)
	}
	if got := c.do(http.MethodHead, "/v2/acme/web/blobs/"+digestOf("absent"), ""); got.status != 404 || got.body != "" {
		t.Errorf("absent blob: got %d %q, want 404 without a body", got.status, got.body)
	}
}

// redirected requests a blob and returns the URL of the redirect.
func redirected(t *testing.T, c *client, digest string) string {
	t.Helper()
	got := c.do(http.MethodGet, "/v2/acme/web/blobs/"+digest, "")
	got.has(t, 307, "")
	return got.header.Get("Location")
}

func TestGetOfABlobRedirectsToASecondHost(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := redirected(t, c, c.pushBlob("acme/web", "content"))
	if u, err := url.Parse(at); err != nil || u.Host == s.Host() {
		t.Fatalf("got Location %s, %v, want another host than %s", at, err, s.Host())
	}
	as(t, s, anonymous).do(http.MethodGet, at, "").has(t, 200, "content")
}

func TestSecondHostRefusesAuthorization(t *testing.T) {
	t.Parallel()
	_, c := pusher(t, ghcrtest.Answers{})
	at := redirected(t, c, c.pushBlob("acme/web", "content"))
	c.do(http.MethodGet, at, "").has(t, 400, "")
}

func TestSecondHostSupportsASingleRange(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := redirected(t, c, c.pushBlob("acme/web", "content"))
	reader := as(t, s, anonymous)
	got := reader.do(http.MethodGet, at, "", "Range", "bytes=3-")
	if got.status != 206 || got.body != "tent" || got.header.Get("Content-Range") != "bytes 3-6/7" {
		t.Errorf("got %d %q %v", got.status, got.body, got.header)
	}
	if got := reader.do(http.MethodGet, at, "", "Range", "bytes=0-1,3-4"); got.status != 200 || got.body != "content" {
		t.Errorf("two ranges: got %d %q, want the whole blob", got.status, got.body)
	}
}

func TestSignedURLExpires(t *testing.T) {
	t.Parallel()
	var elapsed atomic.Int64
	config := acme()
	config.Clock = func() time.Time { return time.Unix(1e9, 0).Add(time.Duration(elapsed.Load())) }
	s := start(t, config)
	c := as(t, s, job).on("acme/web")
	at := redirected(t, c, c.pushBlob("acme/web", "content"))
	reader := as(t, s, anonymous)
	reader.do(http.MethodGet, strings.Replace(at, "sig=", "sig=0", 1), "").has(t, 403, "")
	reader.do(http.MethodGet, strings.Replace(at, "se=1", "se=2", 1), "").has(t, 403, "")
	elapsed.Store(int64(time.Hour))
	reader.do(http.MethodGet, at, "").has(t, 403, "")
}
