package publish_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// A release of random images fails, because the registry refuses one of its tags, and another
// run moves random tags before and after this run. Afterwards, the outcome contains the real
// state of each tag, and no tag of the other run was written again.
func TestRandomReleasesKeepTheTagsOfAnotherRun(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[push.TagState]int{}
	t.Run("seed", func(t *testing.T) {
		for seed := range uint64(16) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				for _, state := range overtaken(t, seed) {
					mu.Lock()
					seen[state]++
					mu.Unlock()
				}
			})
		}
	})
	for _, state := range []push.TagState{push.Restored, push.Elsewhere, push.Untouched} {
		if seen[state] == 0 {
			t.Errorf("no tag ended with the state %q, but %v", state, seen)
		}
	}
}

// rival is the other run. It points tags of random images at its own images.
type rival struct {
	*fixture
	images []string
	wrote  sync.Map // full reference of a tag to true
}

// write points the tag 1 at the image of the other run. Each image has only this tag: a read
// for another tag of the image could start a write after the last read of the run.
func (v *rival) write(image string) {
	theirs, _ := v.server.Manifest("acme/"+image, "theirs")
	v.server.AddManifest("acme/"+image, "1", theirs.MediaType, theirs.Raw)
	v.wrote.Store(v.tag(image), theirs.Digest)
}

func (v *rival) tag(image string) string { return v.server.Host() + "/acme/" + image + ":1" }

// faults returns faults whose requests start the writes of the other run: an upload, or a
// read of the previous image after the tag has moved. The run reads a previous image again
// only when it restores a tag, because on-loss: fail ends all other reads before the first
// tag moves.
func (v *rival) faults(r *rand.Rand) []ghcrtest.Fault {
	var out []ghcrtest.Fault
	for range 1 + r.IntN(4) {
		image := v.images[r.IntN(len(v.images))]
		if r.IntN(2) == 0 {
			out = append(out, ghcrtest.Fault{Method: http.MethodPut, Path: "acme/" + image + "/blobs/", After: r.IntN(2), Effect: ghcrtest.BeforeAnswer{Do: func() { v.write(image) }}})
			continue
		}
		old := v.server.Tag("acme/"+image, "1")
		out = append(out, ghcrtest.Fault{Method: http.MethodGet, Path: "acme/" + image + "/manifests/sha256", Times: ghcrtest.Always, Effect: ghcrtest.BeforeAnswer{Do: func() {
			if _, wrote := v.wrote.Load(v.tag(image)); !wrote && v.server.Tag("acme/"+image, "1") != old {
				v.write(image)
			}
		}}})
	}
	return out
}

// overtaken executes one release, and returns the states of its tags.
func overtaken(t *testing.T, seed uint64) map[string]push.TagState {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	f := newFixture(t, ghcrtest.Write)
	f.pipeline.Registry = impatientClient(t)
	v := &rival{fixture: f, images: releaseNames[:2+r.IntN(3)]}
	planned := &publish.Release{Together: true}
	for _, image := range v.images {
		for _, each := range []struct{ tags, text string }{{"1", "old"}, {"theirs", "theirs"}} {
			if _, err := f.pipeline.Publish(t.Context(), f.imageRequest(image, each.tags, layout(t, each.text, image))); err != nil {
				t.Fatal(err)
			}
		}
		request := f.imageRequest(image, "1", layout(t, "shared", image, fmt.Sprint(seed)))
		request.Losses.OnLoss = input.LossFail
		planned.Images = append(planned.Images, request)
	}
	refused := ghcrtest.Fault{
		Method: http.MethodPut, Path: "acme/" + v.images[r.IntN(len(v.images))] + "/manifests/1",
		Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 400, Code: ghcrtest.CodeManifestInvalid},
	}
	f.server.Inject(append([]ghcrtest.Fault{refused}, v.faults(r)...)...)
	outcomes, err := f.pipeline.Release(t.Context(), planned)
	f.server.ClearFaults()
	if err == nil {
		t.Errorf("seed %d: the release succeeded", seed)
	}
	v.check(seed, outcomes, err)
	return states(outcomes)
}

// check compares the state of each tag in the outcomes with the registry.
func (v *rival) check(seed uint64, outcomes []*publish.Outcome, err error) {
	v.Helper()
	now, named := v.tagsOf(v.images), ""
	for _, e := range diag.All(err) {
		if e.Code == publish.CodeReleasePartial {
			named = e.Err.Error()
		}
	}
	for _, o := range outcomes {
		if o.Result == nil {
			continue
		}
		for _, target := range o.Result.Targets {
			for _, tag := range target.Tags {
				shown := now[tag.Tag.String()]
				if theirs, wrote := v.wrote.Load(tag.Tag.String()); wrote && shown != theirs {
					v.Errorf("seed %d: %s points at %s, but the other run has moved it to %s", seed, tag.Tag, shown, theirs)
				}
				if shown != v.expected(tag, o.Result.Root.Descriptor.Digest.String(), shown) {
					v.Errorf("seed %d: %s has the state %q with the previous digest %s, but it points at %s", seed, tag.Tag, tag.State, tag.Before, shown)
				}
				if incomplete := tag.State == push.Moved || tag.State == push.Elsewhere; strings.Contains(named, tag.Tag.String()) != incomplete {
					v.Errorf("seed %d: %s has the state %q, but the error is %q", seed, tag.Tag, tag.State, named)
				}
			}
		}
	}
}

// expected returns the digest that a tag with the state in the outcome must have. The run
// does not read a tag again whose write the registry refused, so the other run can have
// moved this tag.
func (v *rival) expected(tag *push.TagResult, root, shown string) string {
	switch tag.State {
	case push.Moved:
		return root
	case push.Elsewhere:
		return tag.Now.String()
	case push.Untouched:
		if _, theirs := v.wrote.Load(tag.Tag.String()); theirs {
			return shown
		}
	case push.Already, push.Unclear, push.Restored, push.Kept:
	}
	return tag.Before.String()
}
