package ghcrtest_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// limited starts a server whose clock the test sets.
func limited(t *testing.T, limits ghcrtest.Limits) (*ghcrtest.Server, *clock) {
	t.Helper()
	at := &clock{at: time.Now()}
	config := acme()
	config.Limits, config.Clock = limits, at.now
	s := start(t, config)
	s.AddPackage(ghcrtest.Package{Name: "acme/web", Repository: "acme/web"})
	return s, at
}

func TestJobsOfARepositoryShareTheHourlyLimit(t *testing.T) {
	t.Parallel()
	s, at := limited(t, ghcrtest.Limits{Hourly: 3, Points: ghcrtest.NoLimit})
	const path = "/orgs/acme/packages/container/web"
	for left, secret := range []string{readJob, job, job} {
		got := as(t, s, secret).api(http.MethodGet, path, "")
		got.has(t, 200, "")
		if want := strconv.Itoa(2 - left); got.header.Get("X-RateLimit-Remaining") != want || got.header.Get("X-RateLimit-Limit") != "3" {
			t.Errorf("got %v, want %s remaining requests", got.header, want)
		}
	}
	refused := as(t, s, job).api(http.MethodGet, path, "")
	refused.has(t, 403, "API rate limit exceeded")
	reset := strconv.FormatInt(at.at.Add(time.Hour).Unix(), 10)
	if refused.header.Get("X-RateLimit-Remaining") != "0" || refused.header.Get("X-RateLimit-Reset") != reset || refused.header.Get("Retry-After") != "" {
		t.Errorf("got %v, want no remaining requests until %s", refused.header, reset)
	}
	as(t, s, job).api(http.MethodGet, "/rate_limit", "").has(t, 200, `"remaining":0`)
	as(t, s, otherJob).api(http.MethodGet, "/users/acme", "").has(t, 200, "")
	at.at = at.at.Add(time.Hour)
	as(t, s, job).api(http.MethodGet, path, "").has(t, 200, "")
}

func TestHourlyLimitDependsOnTheCaller(t *testing.T) {
	t.Parallel()
	s, _ := limited(t, ghcrtest.Limits{})
	for secret, want := range map[string]string{job: "1000", pat: "5000", anonymous: "60"} {
		if got := as(t, s, secret).api(http.MethodGet, "/users/acme", "").header.Get("X-RateLimit-Limit"); got != want {
			t.Errorf("%s: got %s, want %s", secret, got, want)
		}
	}
}

func TestSecondaryLimitCountsPointsInAMinute(t *testing.T) {
	t.Parallel()
	s, at := limited(t, ghcrtest.Limits{Points: 12})
	var paths []string
	for n := range 3 {
		digest := s.AddManifest("acme/web", "", imageType, fmt.Appendf(nil, `{"n":%d}`, n))
		paths = append(paths, fmt.Sprintf("%s/%d", versionsPath, s.VersionID("acme/web", digest)))
	}
	c := as(t, s, job)
	c.api(http.MethodGet, versionsPath, "").has(t, 200, "")
	c.api(http.MethodDelete, paths[0], "").has(t, 204, "")
	at.at = at.at.Add(20 * time.Second)
	c.api(http.MethodDelete, paths[1], "").has(t, 204, "")
	refused := c.api(http.MethodDelete, paths[2], "")
	refused.has(t, 403, "You have exceeded a secondary rate limit.")
	if got := refused.header.Get("Retry-After"); got != "40" {
		t.Errorf("got Retry-After %q, want 40", got)
	}
	c.api(http.MethodGet, versionsPath, "").has(t, 200, "") // One point remains.
	c.api(http.MethodGet, "/rate_limit", "").has(t, 200, `"used":4`)
	at.at = at.at.Add(40 * time.Second)
	c.api(http.MethodDelete, paths[2], "").has(t, 204, "")
}

func TestSecondaryLimitIs900Points(t *testing.T) {
	t.Parallel()
	s, _ := limited(t, ghcrtest.Limits{})
	c := as(t, s, job)
	for range 180 {
		c.api(http.MethodDelete, versionsPath+"/1", "").has(t, 404, "")
	}
	c.api(http.MethodDelete, versionsPath+"/1", "").has(t, 403, "secondary rate limit")
}
