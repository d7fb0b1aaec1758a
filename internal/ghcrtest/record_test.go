package ghcrtest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	s.Reset()
	c.on("acme/web", "acme/api").do(http.MethodPut, c.openUpload("acme/web")+"?digest="+digestOf("abc"), "abc")
	got := s.Requests()
	if len(got) != 3 {
		t.Fatalf("got %+v, want 3 requests", got)
	}
	token, post, put := got[0], got[1], got[2]
	if want := []string{"repository:acme/api:pull,push", "repository:acme/web:pull,push"}; !slices.Equal(token.Scopes, want) ||
		!token.Authorized || token.Class != ghcrtest.ClassToken || token.Sent == 0 {
		t.Errorf("got %+v, want scopes %v", token, want)
	}
	if post.Method != http.MethodPost || post.Path != "/v2/acme/web/blobs/uploads/" || post.Status != 202 || post.Host != s.Host() {
		t.Errorf("got %+v", post)
	}
	if put.Class != ghcrtest.ClassPutUpload || put.Received != 3 || put.Status != 201 || !strings.HasSuffix(put.Path, "?digest="+digestOf("abc")) {
		t.Errorf("got %+v", put)
	}
}

func TestRecordContainsNoCredentials(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	at := redirected(t, c, c.pushBlob("acme/web", "content"))
	as(t, s, anonymous).do(http.MethodGet, at, "")
	as(t, s, anonymous).do(http.MethodPost, "/api/v3/orgs/acme/packages/container/x/restore?token=hunter2", "")
	signature := at[strings.Index(at, "sig=")+len("sig="):]
	for _, r := range s.Requests() {
		for _, secret := range []string{signature, "hunter2", job, c.bearer} {
			if strings.Contains(r.Path, secret) {
				t.Errorf("%s contains a credential", r.Path)
			}
		}
		if r.Class == ghcrtest.ClassDownload && r.Authorized {
			t.Errorf("got %+v, want a request without Authorization", r)
		}
	}
}

func TestRequestsAreCountedByClass(t *testing.T) {
	t.Parallel()
	s, c := pusher(t, ghcrtest.Answers{})
	c.pushImage("acme/web", "1", "a")
	c.do(http.MethodHead, "/v2/acme/web/manifests/1", "")
	c.do(http.MethodGet, "/v2/acme/web/tags/list", "")
	c.do(http.MethodGet, "/v2/", "")
	c.api(http.MethodGet, "/user", "")
	want := map[ghcrtest.Class]int{
		ghcrtest.ClassToken: 1, ghcrtest.ClassPostUpload: 2, ghcrtest.ClassPutUpload: 2, ghcrtest.ClassPutManifest: 1,
		ghcrtest.ClassHeadManifest: 1, ghcrtest.ClassTags: 1, ghcrtest.ClassPing: 1, ghcrtest.ClassAPI: 1,
	}
	got := s.Counts()
	for class, n := range want {
		if got[class] != n {
			t.Errorf("%s: got %d, want %d", class, got[class], n)
		}
	}
	if s.Reset(); len(s.Requests()) != 0 {
		t.Error("Reset kept requests")
	}
}

func TestRecordForgetsTheOldestRequests(t *testing.T) {
	t.Parallel()
	s := ghcrtest.New(ghcrtest.Config{MaxRequests: 2})
	for _, path := range []string{"/v2/a", "/v2/b", "/v2/c"} {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	}
	if got := s.Requests(); len(got) != 2 || got[0].Path != "/v2/b" || got[1].Path != "/v2/c" || got[1].Status == 0 {
		t.Errorf("got %+v", got)
	}
}
