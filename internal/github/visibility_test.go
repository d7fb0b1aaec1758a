package github_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// The visibility becomes an output of the step, so the client does not return other text.
func TestUndocumentedVisibilityIsUnknown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ sent, want string }{
		{"public", "public"}, {"internal", "internal"}, {`public\n::error::text`, ""}, {"Public", ""}, {"", ""},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"name":"web","full_name":"acme/web","visibility":"`+tc.sent+`"}`)
		}))
		defer s.Close()
		c := newClient(t, s.URL, "https://github.com")
		pkg, err := c.Get(t.Context(), github.Owner{Login: "acme", Kind: "Organization"}, "web")
		if err != nil || pkg.Visibility != tc.want {
			t.Errorf("package with %q: got %q and %v", tc.sent, pkg.Visibility, err)
		}
		repo, err := c.Repository(t.Context(), "acme/web")
		if err != nil || repo.Visibility != tc.want {
			t.Errorf("repository with %q: got %q and %v", tc.sent, repo.Visibility, err)
		}
	}
}
