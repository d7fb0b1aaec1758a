package ghcrtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// withPulls starts a server with a repository that has pull requests and branches.
func withPulls(t *testing.T) *client {
	t.Helper()
	config := acme()
	config.Repositories = []ghcrtest.Repository{
		{Name: "acme/web", Pulls: map[int]string{1: "closed", 2: "open"}, Branches: []string{"main", "feature/x"}},
		{Name: "acme/other"},
	}
	return as(t, start(t, config), job)
}

func TestPullRequestsHaveAState(t *testing.T) {
	t.Parallel()
	c := withPulls(t)
	c.api(http.MethodGet, "/repos/acme/web/pulls/1", "").has(t, 200, `"number":1,"state":"closed"`)
	c.api(http.MethodGet, "/repos/acme/web/pulls/2", "").has(t, 200, `"state":"open"`)
	c.api(http.MethodGet, "/repos/acme/web/pulls/3", "").has(t, 404, "Not Found")
	c.api(http.MethodGet, "/repos/acme/web/pulls/x", "").has(t, 404, "Not Found")
	for query, want := range map[string][2]bool{"": {false, true}, "?state=closed": {true, false}, "?state=all": {true, true}} {
		got := c.api(http.MethodGet, "/repos/acme/web/pulls"+query, "").body
		if has := [2]bool{strings.Contains(got, `"number":1`), strings.Contains(got, `"number":2`)}; has != want {
			t.Errorf("%q: got %s", query, got)
		}
	}
}

func TestBranchesAreListed(t *testing.T) {
	t.Parallel()
	c := withPulls(t)
	c.api(http.MethodGet, "/repos/acme/web/branches", "").has(t, 200, `"name":"feature/x"`)
	c.api(http.MethodGet, "/repos/acme/web/branches?per_page=1&page=2", "").has(t, 200, `[{"name":"feature/x"`)
	c.api(http.MethodGet, "/repos/acme/web/branches/feature/x", "").has(t, 200, `"name":"feature/x"`)
	c.api(http.MethodGet, "/repos/acme/web/branches/feature", "").has(t, 404, "Not Found")
	c.api(http.MethodGet, "/repos/acme/other/branches", "").has(t, 200, `"name":"main"`)
}
