package cleanup_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// After each deletion and after each restoration, no version lacks one of its children or
// referrers. An index of referrers therefore goes before the referrers that it lists, and comes
// back after them. A descriptor without its manifest would make clients fail for the image.
func TestNoStepLeavesADescriptorWithoutItsManifest(t *testing.T) {
	t.Parallel()
	for _, s := range append(seeds(t, scenarioFile), seeds(t, moreScenarios)...) {
		if s.Expected.Error != "" || len(s.Expected.Deleted) < 2 {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			w := open(t, s, nil)
			before := w.content()
			var mu sync.Mutex
			steps := 0
			check := ghcrtest.BeforeAnswer{Do: func() {
				mu.Lock()
				defer mu.Unlock()
				steps++
				if err := needsOf(w.seed).check(before, w.content(), func(string) bool { return false }, s.Options.Downloads); err != nil {
					t.Errorf("after step %d: %v", steps, err)
				}
			}}
			w.server.Inject(ghcrtest.Fault{Method: http.MethodDelete, Times: ghcrtest.Always, Effect: check})
			got, err := w.run()
			if err != nil {
				t.Fatal(err)
			}
			w.server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: "/restore", Times: ghcrtest.Always, Effect: check})
			if _, err := w.cleaner.Restore(t.Context(), w.repo, slices.Clone(got.Deleted)); err != nil {
				t.Fatal(err)
			}
			if deleted := len(got.Deleted); steps < deleted && !slices.ContainsFunc(got.Deleted, func(e cleanup.Entry) bool { return e.WholePackage }) {
				t.Errorf("the test saw %d steps, but the run deleted %d versions", steps, deleted)
			}
		})
	}
}
