package cleanup_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/random"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// indexOf returns an index of versions.
func (w *world) indexOf(t *testing.T, labels ...string) *image.Manifest {
	t.Helper()
	var m v1.IndexManifest
	m.SchemaVersion, m.MediaType = 2, "application/vnd.oci.image.index.v1+json"
	for _, label := range labels {
		digest, err := v1.NewHash(w.digests[label])
		if err != nil {
			t.Fatal(err)
		}
		m.Manifests = append(m.Manifests, v1.Descriptor{MediaType: "application/vnd.oci.image.manifest.v1+json", Digest: digest, Size: 1})
	}
	return encodeIndex(t, m)
}

// GitHub's API and the registry show a publication at different times. The run sees it in one
// of its lists, and keeps the platforms.
func TestAPublicationThatOneListShowsLaterKeepsItsPlatforms(t *testing.T) {
	t.Parallel()
	for reads := range 5 {
		for tagReads := range 3 {
			t.Run(fmt.Sprintf("%d reads and %d lists of tags", reads, tagReads), func(t *testing.T) {
				t.Parallel()
				w := open(t, scenarioOf(t, "C01"), nil)
				w.server.Inject(ghcrtest.Fault{Method: http.MethodPut, Effect: ghcrtest.Lag{Reads: reads, TagReads: tagReads}})
				if err := w.cleaner.Registry.PutManifest(t.Context(), w.repo.Tag("v2"), w.indexOf(t, "a", "b")); err != nil {
					t.Fatal(err)
				}
				if _, err := w.run(); err != nil {
					t.Fatal(err)
				}
				now := w.content()
				if !now.versions["a"] || !now.versions["b"] || now.tags["v2"] == "" || now.versions["idx"] {
					t.Errorf("the package has %v and %v", now.versions, now.tags)
				}
			})
		}
	}
}

// The same is true for a publication between two deletions: GitHub's API lists its version only
// after the end of the run, but the registry lists its tag.
func TestAPublicationDuringTheDeletionsThatTheAPIShowsLater(t *testing.T) {
	t.Parallel()
	for reads := range 5 {
		t.Run(fmt.Sprint(reads), func(t *testing.T) {
			t.Parallel()
			w := open(t, scenarioOf(t, "C01"), nil)
			w.server.Inject(
				ghcrtest.Fault{Method: http.MethodPut, Effect: ghcrtest.Lag{Reads: reads}},
				ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.BeforeAnswer{Do: func() {
					if err := w.cleaner.Registry.PutManifest(t.Context(), w.repo.Tag("v2"), w.indexOf(t, "a", "b")); err != nil {
						t.Error(err)
					}
				}}},
			)
			if _, err := w.run(); err != nil {
				t.Fatal(err)
			}
			if now := w.content(); !now.versions["a"] || !now.versions["b"] || now.tags["v2"] == "" {
				t.Errorf("the package has %v and %v", now.versions, now.tags)
			}
		})
	}
}

// The run lists the newest versions after every 50 deletions, so it does not delete a platform
// that a publication needs since an earlier deletion.
func TestAPublicationBetweenTwoListsIsSeenInTheNextList(t *testing.T) {
	t.Parallel()
	s := random.Large(600)
	s.Rules = map[string]string{"delete": "1.0.*", "max-delete": "100%"}
	w := open(t, &s, nil)
	const early, late = "amd0", "amd19" // platforms of the first and of the last of the 20 images
	w.server.Inject(ghcrtest.Fault{Method: http.MethodDelete, After: 10, Effect: ghcrtest.BeforeAnswer{Do: func() {
		m := w.indexOf(t, early, late)
		w.server.AddManifest(s.Name(), "v2", string(m.Descriptor.MediaType), m.Raw)
	}}})
	got, err := w.run()
	if err != nil {
		t.Fatal(err)
	}
	now := w.content()
	for _, label := range []string{early, late} {
		if !now.versions[label] {
			t.Errorf("the run deleted %s, which a publication needs; notices %q", label, got.Notices)
		}
	}
	path := fmt.Sprint("/versions/", w.server.VersionID(s.Name(), w.digests[late]))
	for _, r := range w.server.Requests() {
		if r.Method == http.MethodDelete && strings.HasSuffix(r.Path, path) {
			t.Errorf("the run deleted %s and restored it later", late)
		}
	}
}
