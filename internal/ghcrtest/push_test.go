package ghcrtest_test

import (
	"net/http"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestPushedImageIsReadBackUnchanged(t *testing.T) {
	t.Parallel()
	s := start(t, acme())
	c := as(t, s, job).on("acme/web")
	raw := c.pushImage("acme/web", "1.0", "a")
	for _, reference := range []string{"1.0", digestOf(raw)} {
		got := c.do(http.MethodGet, "/v2/acme/web/manifests/"+reference, "")
		if got.body != raw || got.header.Get("Docker-Content-Digest") != digestOf(raw) {
			t.Errorf("by %s: got %s %v", reference, got.body, got.header)
		}
	}
	if p, ok := s.Package("acme/web"); !ok || p.Visibility != ghcrtest.Public || p.Repository != "Acme/web" {
		t.Errorf("got %+v, want a public package linked to Acme/web", p)
	}
}
