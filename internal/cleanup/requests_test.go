package cleanup_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/random"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// counted is the number of requests of a run.
type counted struct{ pages, manifests, all int }

func (w *world) counted() counted {
	var c counted
	for _, r := range w.server.Requests() {
		c.all++
		switch {
		case r.Method == http.MethodGet && strings.Contains(r.Path, "/versions?"):
			c.pages++
		case r.Method == http.MethodGet && strings.Contains(r.Path, "/manifests/"):
			c.manifests++
		}
	}
	return c
}

// A run lists each page once and reads each manifest once. With a cache, it reads no manifest.
// The package has 1,250 versions, or 10,000 versions with the build tag integration.
func TestALargePackageIsReadWithFewRequests(t *testing.T) {
	t.Parallel()
	const versions, pageSize = 5 * random.Packages, 100
	s := random.Large(versions)
	s.Rules = map[string]string{"delete": "type=semver,keep=15,per=minor", "untagged": "delete", "max-delete": "100%", "dry-run": "true"}
	w := open(t, &s, func(c *ghcrtest.Config) {
		c.Limits = ghcrtest.Limits{Hourly: ghcrtest.NoLimit, Points: ghcrtest.NoLimit}
	})
	path := filepath.Join(t.TempDir(), "cache")
	for _, warm := range []bool{false, true} {
		w.server.Reset()
		w.cleaner.Cache = read.OpenCache(path)
		got, err := w.run()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.cleaner.Cache.Save(); err != nil {
			t.Fatal(err)
		}
		c := w.counted()
		manifests := versions
		if warm {
			manifests = 0
		}
		t.Logf("%d versions, with a cache: %t: %+v, the plan deletes %d versions", versions, warm, c, len(got.Plan.Delete))
		if c.pages > versions/pageSize+1 || c.manifests != manifests || c.all-c.manifests >= versions/50 {
			t.Errorf("with a cache: %t: got %+v", warm, c)
		}
	}
	w.deletesTenImages(read.OpenCache(path))
}

// deletesTenImages deletes 60 versions of a large package. The run does not list the package
// again.
func (w *world) deletesTenImages(cache *read.Cache) {
	w.t.Helper()
	w.server.Reset()
	w.cleaner.Cache = cache
	req, err := w.request()
	if err != nil {
		w.t.Fatal(err)
	}
	req.DryRun = false
	if req.Rules, err = rules.Parse(rules.Inputs{Delete: "1.0.1?"}, rules.NoFiles{}, w.repo.RegistryStr()); err != nil {
		w.t.Fatal(err)
	}
	got, err := w.cleaner.Run(w.t.Context(), req)
	c := w.counted()
	w.t.Logf("a run that deletes %d versions: %+v", len(got.Deleted), c)
	if pages := 5*random.Packages/github.PageSize + 1; err != nil || len(got.Deleted) != 60 || c.manifests != 60 || c.pages > pages+3 || c.all > 2*pages+5*60 {
		w.t.Errorf("deleted %d versions with %+v, %v", len(got.Deleted), c, err)
	}
}

// Each deletion needs the same number of requests in each package: the manifest for the undo
// list, a read of the version, and the deletion. A tagged version also needs a read of each
// tag. The newest versions and the tags are listed before the first deletion, after every 50
// deletions, and at the end.
func TestADeletionNeedsFewRequests(t *testing.T) {
	t.Parallel()
	s := random.Large(600)
	s.Rules = map[string]string{"delete": "1.0.*", "max-delete": "100%"}
	w := open(t, &s, nil)
	w.cleaner.Cache = read.OpenCache("")
	req, err := w.request()
	if err != nil {
		t.Fatal(err)
	}
	req.Verify = cleanup.VerifyNone
	got, err := w.cleaner.Run(t.Context(), req)
	if err != nil || len(got.Deleted) != 120 {
		t.Fatalf("deleted %d versions, %v", len(got.Deleted), err)
	}
	count := func(method, path string) (n int) {
		for _, r := range w.server.Requests() {
			if r.Method == method && strings.Contains(r.Path, path) {
				n++
			}
		}
		return n
	}
	if n := count(http.MethodGet, "/versions?"); n != 6+3+1 {
		t.Errorf("%d lists of versions, want one of 6 pages, one before the deletions, one after every 50 deletions, and one at the end", n)
	}
	if gets, deletes := count(http.MethodGet, "/versions/"), count(http.MethodDelete, "/versions/"); gets != 120 || deletes != 120 {
		t.Errorf("%d reads and %d deletions of single versions, want 120", gets, deletes)
	}
	if n := count(http.MethodHead, "/manifests/"); n != 40 {
		t.Errorf("%d reads of tags, want one for each of the 40 tags", n)
	}
}
