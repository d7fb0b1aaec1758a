package github_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestClosedReturnsOnlyClosedPullRequests(t *testing.T) {
	t.Parallel()
	config := world()
	config.Repositories = append(config.Repositories, ghcrtest.Repository{Name: "acme/pulls", Pulls: map[int]string{1: "closed", 2: "open"}, Branches: []string{"main", "feature/x"}})
	c, s := client(t, config)
	got, err := c.Closed(t.Context(), "acme/pulls", []string{"1", "2", "3"})
	if err != nil || !maps.Equal(got, map[string]bool{"1": true}) {
		t.Errorf("got %v, %v", got, err)
	}
	branches, err := c.Branches(t.Context(), "acme/pulls")
	slices.Sort(branches)
	if err != nil || !slices.Equal(branches, []string{"feature/x", "main"}) {
		t.Errorf("got %v, %v", branches, err)
	}
	s.Inject(ghcrtest.Fault{Method: http.MethodGet, Path: "/pulls/", Times: 9, Effect: ghcrtest.Answer{Status: 500}})
	if got, err := c.Closed(t.Context(), "acme/pulls", []string{"1"}); err == nil {
		t.Errorf("got %v without an error", got)
	}
}
