package ghcrtest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// send sends requests through the barrier. The requests of one list are concurrent.
func send(t *testing.T, b *ghcrtest.RoundTrips, lists ...[]string) {
	t.Helper()
	for _, paths := range lists {
		var wg sync.WaitGroup
		for _, path := range paths {
			wg.Go(func() { b.Hold(httptest.NewRequest(http.MethodGet, path, nil)) })
		}
		wg.Wait()
	}
}

const (
	tokenPath    = "/token"
	taggedPath   = "/v2/acme/web/manifests/1"
	digestPath   = "/v2/acme/web/manifests/sha256:00"
	tagsListPath = "/v2/acme/web/tags/list"
)

func TestRoundTripsAcceptsTheExpectedRequests(t *testing.T) {
	t.Parallel()
	b := ghcrtest.NewRoundTrips(
		map[string]int{"anonymous token": 1},
		map[string]int{"GET manifest 1": 1, "GET manifest digest": 2},
	)
	send(t, b, []string{tokenPath}, []string{digestPath, taggedPath, digestPath})
	if got := b.Problems(); len(got) > 0 {
		t.Errorf("got %q, want no problems", got)
	}
}

func TestRoundTripsReportsOtherRequests(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		lists [][]string
		want  string
	}{
		{"too early", [][]string{{tagsListPath}}, "round trip 1 does not contain this request: GET tags"},
		{"twice", [][]string{{tokenPath}, {tokenPath}}, "round trip 2 does not contain this request: anonymous token"},
		{"never", [][]string{{tokenPath}}, "round trip 2 lacks 1 GET manifest 1"},
		{"after the end", [][]string{{tokenPath}, {taggedPath}, {taggedPath}}, "round trip 3 does not contain this request: GET manifest 1"},
	}
	for _, tc := range cases {
		b := ghcrtest.NewRoundTrips(map[string]int{"anonymous token": 1}, map[string]int{"GET manifest 1": 1})
		send(t, b, tc.lists...)
		if got := strings.Join(b.Problems(), "\n"); !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}
