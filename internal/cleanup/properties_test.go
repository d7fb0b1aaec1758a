package cleanup_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/random"
)

// eachPackage calls check in one parallel test for each random package.
func eachPackage(t *testing.T, check func(t *testing.T, number uint64, s ghcrtest.Seed)) {
	t.Helper()
	for number := range uint64(random.Packages) {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			check(t, number, random.Scenario(number))
		})
	}
}

// choices returns the source of the random choices of a test about one package.
func choices(number uint64) *rand.Rand { return rand.New(rand.NewPCG(number, 20)) }

// planOf returns the deletions and the detached tags of a plan, and the code of its error.
func planOf(r *cleanup.Result, err error) string {
	if r.Plan == nil {
		return fmt.Sprint(codeOf(err), r.Left)
	}
	var tags []string
	for _, d := range r.Plan.Detach {
		tags = append(tags, d.Tag)
	}
	return fmt.Sprint(r.Plan.Digests(r.Plan.Delete), tags, r.Plan.Left)
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return diag.All(err)[0].Code
}

// A dry run and a real run have the same plan (P13), also with a cache (P14). No kept tag
// changes its digest (P12), and an undo gives back each version and each tag (P11). The runs
// use each behaviour of GitHub that docs/ghcr.md does not know.
func TestARunDoesItsPlanAndAnUndoTakesItBack(t *testing.T) {
	t.Parallel()
	var deletions atomic.Int64
	t.Cleanup(func() {
		if n := deletions.Load(); n < random.Packages && !t.Failed() {
			t.Errorf("the runs deleted only %d versions", n)
		}
	})
	eachPackage(t, func(t *testing.T, number uint64, s ghcrtest.Seed) {
		s.Options.AfterListing, s.Options.Downloads = nil, nil
		w := open(t, &s, func(c *ghcrtest.Config) {
			c.Answers.RestoredTags = number%2 == 0
			c.Answers.DeletedIndex = []ghcrtest.DeletedIndex{ghcrtest.ChildrenStay, ghcrtest.UnsharedChildrenDelete, ghcrtest.ChildrenDelete}[number%3]
		})
		if err := w.runAndUndo(&deletions); err != nil {
			t.Errorf("%v\nrules %q", err, s.Rules)
		}
	})
}

// runAndUndo compares dry runs, a real run and an undo.
func (w *world) runAndUndo(deletions *atomic.Int64) error {
	before := w.content()
	req, err := w.request()
	if err != nil {
		return err
	}
	dry := req
	dry.DryRun = true
	file := filepath.Join(w.t.TempDir(), "cache")
	w.cleaner.Cache = read.OpenCache(file)
	planned := planOf(w.cleaner.Run(w.t.Context(), dry))
	if err := w.cleaner.Cache.Save(); err != nil {
		return err
	}
	w.cleaner.Cache = read.OpenCache(file)
	if again := planOf(w.cleaner.Run(w.t.Context(), dry)); again != planned {
		return fmt.Errorf("the plan with a cache is %s, want %s", again, planned)
	}
	if err := w.content().equal(before); err != nil {
		return fmt.Errorf("after a dry run: %w", err)
	}
	w.cleaner.Cache = read.OpenCache("")
	got, err := w.cleaner.Run(w.t.Context(), req)
	if did := planOf(got, err); did != planned {
		return fmt.Errorf("the real run has the plan %s, want %s", did, planned)
	}
	deletions.Add(int64(len(got.Deleted)))
	after := w.content()
	if err := unchangedTags(before, after, got); err != nil {
		return err
	}
	if err := needsOf(w.seed).check(before, after, always, nil); err != nil {
		return err
	}
	if err := w.didAll(got, after, err != nil || req.DryRun); err != nil {
		return err
	}
	if err := w.restore(append(slices.Clone(got.Deleted), got.Detached...)); err != nil {
		return err
	}
	return w.withoutBroken(w.content()).equal(w.withoutBroken(before))
}

// restore restores the entries of an undo list.
func (w *world) restore(entries []cleanup.Entry) error {
	entries = slices.Clone(entries)
	for i, e := range entries {
		if w.broken(w.label(e.Digest)) {
			entries[i].Tags = nil
		}
	}
	if _, err := w.cleaner.Restore(w.t.Context(), w.repo, entries); err != nil {
		return fmt.Errorf("the undo: %w", err)
	}
	return nil
}

// broken reports whether an index lists a version that the package never had. The registry
// then refuses to write a tag of the index again (docs/ghcr.md, Refused: unknown blob).
func (w *world) broken(label string) bool {
	exists := map[string]bool{}
	for _, v := range w.seed.Versions {
		exists[v.Label] = true
	}
	return slices.ContainsFunc(needsOf(w.seed).children[label], func(child string) bool { return !exists[child] })
}

// withoutBroken returns a content without the tags of broken indexes. A token that cannot
// delete versions also cannot delete the small manifest that replaced a tag for a moment, so
// the content then also omits this manifest.
func (w *world) withoutBroken(c content) content {
	c.tags, c.versions = maps.Clone(c.tags), maps.Clone(c.versions)
	if w.seed.Options.Permissions != "admin" {
		maps.DeleteFunc(c.versions, func(label string, _ bool) bool { return w.digests[label] == "" })
	}
	maps.DeleteFunc(c.tags, func(_, label string) bool { return w.broken(label) })
	return c
}

func always(string) bool { return true }

// didAll returns an error if a version of the plan stays after a complete run.
func (w *world) didAll(r *cleanup.Result, after content, partly bool) error {
	if partly || r.Plan == nil {
		return nil
	}
	for _, label := range w.labels(r.Plan.Digests(r.Plan.Delete)) {
		if after.versions[label] {
			return fmt.Errorf("the version %s of the plan stays; left %v, deleted %q", label, r.Left, w.labels(digestsOf(r.Deleted)))
		}
	}
	return nil
}

func digestsOf(entries []cleanup.Entry) (out []string) {
	for _, e := range entries {
		out = append(out, e.Digest)
	}
	return out
}

// unchangedTags returns an error if a tag of a kept version changed, although the plan does
// not detach the tag.
func unchangedTags(before, after content, r *cleanup.Result) error {
	if r.Plan == nil {
		return after.equal(before)
	}
	gone := map[string]bool{}
	for _, d := range r.Plan.Detach {
		gone[d.Tag] = true
	}
	for _, step := range r.Plan.Delete {
		for _, tag := range r.Plan.Package.Nodes[step.Node].Tags {
			gone[tag] = true
		}
	}
	for tag, label := range before.tags {
		if !gone[tag] && after.tags[tag] != label {
			return fmt.Errorf("the tag %s points at %q, want %s", tag, after.tags[tag], label)
		}
	}
	return nil
}

// With random faults between the steps of a run, and with changes by other clients, an error
// before the plan deletes nothing (P9), and a run that ends at any point leaves complete
// images (P0, P1, P2, P10). The next run and the undo of both runs still work (P11).
func TestARunWithFaultsLeavesCompleteImages(t *testing.T) {
	t.Parallel()
	ended := map[string]int{}
	var mu sync.Mutex
	t.Cleanup(func() { t.Logf("the runs ended with these codes: %v", ended) })
	eachPackage(t, func(t *testing.T, number uint64, s ghcrtest.Seed) {
		w := open(t, &s, func(c *ghcrtest.Config) {
			c.Answers.RestoredTags = number%2 == 0
			if number%10 == 0 {
				c.Limits.Hourly = 10 + int(number/10%40)
			}
		})
		fault := w.inject(choices(number))
		end, err := w.runTwice()
		if err != nil {
			t.Errorf("the fault %q: %v\nrules %q", fault, err, s.Rules)
		}
		mu.Lock()
		defer mu.Unlock()
		ended[fault+": "+end]++
	})
}

// The lists still contain a version that the first run deleted, and this version is the last
// tagged image for the second run. The second run reads the version and keeps another image.
// Only this random package is known to show the fault, so each test run contains it.
func TestADeletedVersionInAListIsNotTheLastTaggedImage(t *testing.T) {
	t.Parallel()
	const number = 1978
	s := random.Scenario(number)
	w := open(t, &s, func(c *ghcrtest.Config) { c.Answers.RestoredTags = true })
	if fault := w.inject(choices(number)); fault != "deletions that are visible later" {
		t.Fatalf("the fault is %q, so the generator has changed; search a package that fails without confirmLast", fault)
	}
	if _, err := w.runTwice(); err != nil {
		t.Error(err)
	}
}

// inject adds a random fault, and returns its name.
func (w *world) inject(r *rand.Rand) string {
	after := r.IntN(30)
	dies := ghcrtest.BeforeAnswer{Do: func() {
		w.server.Inject(ghcrtest.Fault{Times: ghcrtest.Always, Effect: ghcrtest.Reset{}})
	}}
	kinds := []struct {
		name  string
		fault ghcrtest.Fault
	}{
		{"killed after a deletion", ghcrtest.Fault{Method: http.MethodDelete, After: r.IntN(6), Effect: dies}},
		{"killed after a request", ghcrtest.Fault{After: after, Effect: dies}},
		{"killed before a PUT", ghcrtest.Fault{Method: http.MethodPut, After: r.IntN(3), Effect: dies}},
		{"a deletion fails", ghcrtest.Fault{Method: http.MethodDelete, After: r.IntN(6), Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 422, Message: "odd"}}},
		{"502 for some time", ghcrtest.Fault{After: after, Times: 2, Effect: ghcrtest.Answer{Status: 502}}},
		{"a lost response", ghcrtest.Fault{Method: http.MethodDelete, After: r.IntN(4), Effect: ghcrtest.LostAnswer{}}},
		{"a secondary rate limit", ghcrtest.Fault{Method: http.MethodDelete, After: r.IntN(4), Times: 2, Effect: ghcrtest.SecondaryRateLimit()}},
		{"a manifest that cannot be read", ghcrtest.Fault{Method: http.MethodGet, Path: "/manifests/", After: after, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Code: "DENIED"}}},
		{"deletions that are visible later", ghcrtest.Fault{Method: http.MethodDelete, Times: ghcrtest.Always, Effect: ghcrtest.Lag{Reads: 3, TagReads: 2}}},
		{"tags that are visible later", ghcrtest.Fault{Method: http.MethodPut, Times: ghcrtest.Always, Effect: ghcrtest.Lag{Reads: 2, TagReads: 3}}},
		{"no fault", ghcrtest.Fault{Method: "NONE"}},
	}
	one := kinds[r.IntN(len(kinds))]
	w.server.Inject(one.fault)
	return one.name
}

// runTwice runs the scenario with a fault, checks the package, runs it again without the
// fault, and undoes both runs.
func (w *world) runTwice() (end string, err error) {
	req, err := w.request()
	if err != nil {
		return "", err
	}
	before := w.content()
	got, runErr := w.cleaner.Run(w.t.Context(), req)
	end = codeOf(runErr)
	if got.Plan == nil {
		return end, w.withoutPushed(w.content()).equal(before)
	}
	if err := w.complete(before, got); err != nil {
		return end, fmt.Errorf("after the end %q: %w", end, err)
	}
	w.server.ClearFaults()
	lists := [][]cleanup.Entry{w.undoEntries()}
	w.connect(w.seed.Package)
	between := w.content()
	if got, err := w.cleaner.Run(w.t.Context(), req); err == nil && got.Plan != nil {
		if err := w.complete(between, got); err != nil {
			return end, fmt.Errorf("after the second run: %w", err)
		}
	}
	lists = append(lists, w.undoEntries())
	w.server.EndRateLimits() // The undo of a run that used up the rate limit is complete only in the next hour.
	for _, entries := range slices.Backward(lists) {
		if err := w.restore(entries); err != nil && w.seed.Options.Permissions == "admin" {
			return end, err
		}
	}
	if err := w.content().contains(w.withoutBroken(before)); err != nil {
		return end, fmt.Errorf("after the undo: %w", err)
	}
	return end, nil
}

// complete checks that each version of the package has what it needs. A version that the
// plan deletes can lose its subject before it goes itself.
func (w *world) complete(before content, r *cleanup.Result) error {
	now := w.content()
	kept := map[string]bool{}
	for _, label := range w.labels(r.Plan.Digests(r.Plan.Keep)) {
		kept[label] = true
	}
	for label := range kept {
		if before.versions[label] && !now.versions[label] {
			return fmt.Errorf("the version %s is gone, although the plan keeps it", label)
		}
	}
	if err := unchangedTags(before, now, r); err != nil {
		return err
	}
	return needsOf(w.seed).check(before, now, func(label string) bool { return kept[label] }, w.seed.Options.Downloads)
}

// withoutPushed returns a content without the versions that another client pushed.
func (w *world) withoutPushed(c content) content {
	for _, change := range w.seed.Options.AfterListing {
		if change.Push != nil {
			delete(c.versions, change.Push.Label)
			for _, tag := range change.Push.Tags {
				delete(c.tags, tag)
			}
		}
	}
	return c
}

// undoEntries returns the entries of the undo list. A run without a deletion creates no list.
func (w *world) undoEntries() []cleanup.Entry {
	w.t.Helper()
	if folder, err := os.Stat(w.cleaner.Undo.Path); err == nil && folder.IsDir() {
		return nil
	}
	return w.undoFile()
}
