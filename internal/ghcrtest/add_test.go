package ghcrtest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestAddedContentIsServed(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	s.AddPackage(ghcrtest.Package{Name: "acme/old", Visibility: ghcrtest.Public})
	digest := s.AddManifest("acme/old", "1", imageType, []byte("{}"))
	s.AddManifest("acme/old", "", imageType, []byte("{ }"))
	as(t, s, anonymous).login("repository:acme/old:pull").do(http.MethodGet, "/v2/acme/old/manifests/1", "").has(t, 200, "{}")
	if m, ok := s.Manifest("acme/old", digest); !ok || m.MediaType != imageType || string(m.Raw) != "{}" {
		t.Errorf("got %+v", m)
	}
	if got := s.Tags("acme/old"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("got tags %v", got)
	}
}

func TestAddedManifestCreatesAPrivatePackage(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	s.AddManifest("acme/old", "1", imageType, []byte("{}"))
	if p, ok := s.Package("acme/old"); !ok || p.Visibility != ghcrtest.Private || p.Repository != "" {
		t.Errorf("got %+v", p)
	}
}

func TestReplacedPackageKeepsItsContent(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	s.AddManifest("acme/old", "1", imageType, []byte("{}"))
	s.AddPackage(ghcrtest.Package{Name: "acme/old", Visibility: ghcrtest.Public})
	if p, _ := s.Package("acme/old"); p.Visibility != ghcrtest.Public || s.Tag("acme/old", "1") != digestOf("{}") {
		t.Errorf("got %+v with the tag at %q", p, s.Tag("acme/old", "1"))
	}
}

func TestReadsOfMissingContentFail(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	if _, err := s.Blob("acme/web", digestOf("x")); err == nil || !strings.Contains(err.Error(), `"acme/web"`) {
		t.Errorf("got %v", err)
	}
	if _, ok := s.Manifest("acme/web", "1"); ok || s.Tags("acme/web") != nil {
		t.Error("a missing package has content")
	}
}

func TestHandlerUsesTheHostOfTheRequest(t *testing.T) {
	t.Parallel()
	s := ghcrtest.New(acme())
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://ghcr.example/v2/", nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if got := w.Header().Get("WWW-Authenticate"); !strings.Contains(got, `realm="https://ghcr.example/token",service="ghcr.example"`) {
		t.Errorf("got challenge %s", got)
	}
}
