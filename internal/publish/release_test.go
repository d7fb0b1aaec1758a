package publish_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// releaseNames are the images of the releases in these tests.
var releaseNames = []string{"web", "api", "worker", "cron"}

// imageRequest returns the request for one image of a release.
func (f *fixture) imageRequest(image, tags, path string) *publish.Request {
	f.Helper()
	repo, err := name.NewRepository(f.server.Host() + "/acme/" + image)
	if err != nil {
		f.Fatal(err)
	}
	q := *f.request
	q.Source, q.Destinations = &layoutSource{path: path}, []name.Repository{repo}
	q.Naming, q.Verify = input.Naming{Tags: tags}, publish.Verify{Level: input.VerifyDigest}
	q.Tags = publish.TagPolicy{Overwrite: input.Overwrite{Versions: input.Allow, Moving: input.Allow}}
	return &q
}

// tagsOf returns the digest of each tag in the registry.
func (f *fixture) tagsOf(images []string) map[string]string {
	out := map[string]string{}
	for _, image := range images {
		for _, tag := range f.server.Tags("acme/" + image) {
			out[f.server.Host()+"/acme/"+image+":"+tag] = f.server.Tag("acme/"+image, tag)
		}
	}
	return out
}

// randomFaults returns faults of requests that a release sends.
func randomFaults(r *rand.Rand, images []string) []ghcrtest.Fault {
	effects := []ghcrtest.Effect{
		ghcrtest.Answer{Status: 400, Code: "MANIFEST_INVALID"}, ghcrtest.Answer{Status: 403, Code: "DENIED"},
		ghcrtest.Answer{Status: 500}, ghcrtest.Reset{}, ghcrtest.Reset{ResponseBytes: 1}, ghcrtest.Lag{Reads: 1}, ghcrtest.WrongDigest{},
	}
	writes := []string{"/manifests/1", "/manifests/2", "/manifests/", "/manifests/sha256", "/blobs/"}
	var out []ghcrtest.Fault
	for range 1 + r.IntN(3) {
		path := "acme/" + images[r.IntN(len(images))]
		if r.IntN(4) == 0 { // a read before or after the tags
			out = append(out, ghcrtest.Fault{
				Method: []string{http.MethodHead, http.MethodGet}[r.IntN(2)], Path: path + "/manifests/", After: r.IntN(6),
				Times: 1 + r.IntN(3), Effect: effects[r.IntN(5)],
			})
			continue
		}
		out = append(out, ghcrtest.Fault{
			Method: http.MethodPut, Path: path + writes[r.IntN(len(writes))], After: []int{0, 0, 1}[r.IntN(3)],
			Times: []int{1, 3, ghcrtest.Always}[r.IntN(3)], Effect: effects[r.IntN(len(effects))],
		})
	}
	return out
}

// A release of random images fails at random requests. Afterwards, all tags point at the
// new images, or all tags have their previous state, or the outcome and the error name
// exactly the tags that do not have their previous state.
func TestRandomReleasesNeverLieAboutTheirTags(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	t.Run("seed", func(t *testing.T) {
		for seed := range uint64(60) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				kind := randomRelease(t, seed)
				mu.Lock()
				defer mu.Unlock()
				seen[kind]++
			})
		}
	})
	for _, kind := range []string{"new", "before", "partial", "restored"} {
		if seen[kind] == 0 {
			t.Errorf("no release ended with the state %q", kind)
		}
	}
}

// randomRelease executes one release and returns its result as one word.
func randomRelease(t *testing.T, seed uint64) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	f := newFixture(t, ghcrtest.Write)
	f.pipeline.Registry = impatientClient(t)
	images := releaseNames[:1+r.IntN(len(releaseNames))]
	old, planned := &publish.Release{}, &publish.Release{Together: true}
	wanted := map[string]string{}
	for _, image := range images {
		if tags := []string{"", "1", "1\n2"}[r.IntN(3)]; tags != "" {
			old.Images = append(old.Images, f.imageRequest(image, tags, layout(t, "old", image)))
		}
		planned.Images = append(planned.Images, f.imageRequest(image, "1\n2", layout(t, "shared", image, fmt.Sprint(seed))))
	}
	if len(old.Images) > 0 {
		if _, err := f.pipeline.Release(t.Context(), old); err != nil {
			t.Fatal(err)
		}
	}
	before := f.tagsOf(images)
	f.server.Inject(randomFaults(r, images)...)
	outcomes, err := f.pipeline.Release(t.Context(), planned)
	f.server.ClearFaults()
	now := f.tagsOf(images)
	for _, o := range outcomes {
		if o.Found == nil || o.Found.Root == nil {
			continue
		}
		for _, to := range o.Found.Targets {
			for _, tag := range []string{"1", "2"} {
				wanted[to.Repo.Tag(tag).String()] = o.Found.Root.Descriptor.Digest.String()
			}
		}
	}
	switch {
	case maps.Equal(now, wanted):
		return "new"
	case err == nil:
		t.Errorf("seed %d: the release succeeded, but its tags are %v, want %v", seed, now, wanted)
	case maps.Equal(now, before):
		return checkRestored(t, seed, outcomes)
	}
	checkPartial(t, seed, outcomes, err, before, now, wanted)
	return "partial"
}

// checkRestored checks that the outcomes of a release without an effect report no moved tag.
func checkRestored(t *testing.T, seed uint64, outcomes []*publish.Outcome) string {
	t.Helper()
	kind := "before"
	for tag, state := range states(outcomes) {
		switch state {
		case push.Moved:
			t.Errorf("seed %d: %s has its previous state, but the outcome contains %q", seed, tag, state)
		case push.Restored:
			kind = "restored"
		}
	}
	return kind
}

// checkPartial checks that the outcomes and the error name the tags that do not have their
// previous state.
func checkPartial(t *testing.T, seed uint64, outcomes []*publish.Outcome, err error, before, now, wanted map[string]string) {
	t.Helper()
	if !diag.Is(err, publish.CodeReleasePartial) {
		t.Errorf("seed %d: the error %v does not report the partial release", seed, err)
		return
	}
	var named string
	for _, e := range diag.All(err) {
		if e.Code == publish.CodeReleasePartial {
			named = e.Err.Error()
		}
	}
	all := states(outcomes)
	for _, tag := range slices.Sorted(maps.Keys(wanted)) {
		state, changed := all[tag], now[tag] != before[tag]
		switch {
		case state == push.Unclear: // The registry did not report the state of the tag.
		case (state == push.Moved) != changed, changed && now[tag] != wanted[tag]:
			t.Errorf("seed %d: %s was %q and is %q, but the outcome contains %q", seed, tag, before[tag], now[tag], state)
		}
		if inError := strings.Contains(named, tag); inError != (state == push.Moved || state == push.Unclear) {
			t.Errorf("seed %d: %s has the state %q, named in the error: %t", seed, tag, state, inError)
		}
	}
}

// states returns the state of each tag in the outcomes.
func states(outcomes []*publish.Outcome) map[string]push.TagState {
	out := map[string]push.TagState{}
	for _, o := range outcomes {
		if o.Result == nil {
			continue
		}
		for _, target := range o.Result.Targets {
			for _, tag := range target.Tags {
				out[tag.Tag.String()] = tag.State
			}
		}
	}
	return out
}

// impatientClient returns a client that does not wait between attempts.
func impatientClient(t *testing.T) *registry.Client {
	t.Helper()
	client := registry.New(registry.Options{Keychain: login{}, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	t.Cleanup(client.Close)
	return client
}
