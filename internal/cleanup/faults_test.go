package cleanup_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func scenarioOf(t *testing.T, id string) *ghcrtest.Seed {
	t.Helper()
	s, err := ghcrtest.ReadSeed(scenarioFile + "#" + id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// state returns the versions and tags of the package, as label and tags.
func (w *world) state() []string {
	w.t.Helper()
	var out []string
	for _, digest := range w.listed() {
		out = append(out, w.label(digest))
	}
	tags, err := w.cleaner.Registry.Tags(w.t.Context(), w.repo)
	if err != nil {
		return sorted(out) // a package without versions has no list of tags
	}
	for _, tag := range tags {
		desc, err := w.cleaner.Registry.Head(w.t.Context(), w.repo.Tag(tag))
		if err != nil {
			w.t.Errorf("the tag %s: %v", tag, err)
		}
		out = append(out, tag+"="+w.label(desc.Digest.String()))
	}
	return sorted(out)
}

func TestUndoGivesBackEachVersionAndTag(t *testing.T) { // P11
	t.Parallel()
	for _, id := range []string{"C01", "C05", "C10", "C13", "C20", "C41", "C58", "C79", "C88"} {
		for _, restoredTags := range []bool{false, true} {
			t.Run(fmt.Sprint(id, " tags come back: ", restoredTags), func(t *testing.T) {
				t.Parallel()
				s := scenarioOf(t, id)
				w := open(t, s, func(c *ghcrtest.Config) { c.Answers.RestoredTags = restoredTags })
				before := w.state()
				got, err := w.run()
				if err != nil {
					t.Fatal(err)
				}
				if slices.Equal(before, w.state()) {
					t.Fatal("the run changed nothing")
				}
				for _, entries := range [][]cleanup.Entry{w.undoFile(), append(got.Deleted, got.Detached...)} {
					if _, err := w.cleaner.Restore(t.Context(), w.repo, entries); err != nil {
						t.Fatal(err)
					}
					if after := w.state(); !slices.Equal(after, before) {
						t.Errorf("got %q, want %q", after, before)
					}
				}
			})
		}
	}
}

// undoFile returns the entries of the undo list on the disk.
func (w *world) undoFile() []cleanup.Entry {
	w.t.Helper()
	raw, err := os.ReadFile(w.cleaner.Undo.Path)
	if err != nil {
		w.t.Fatal(err)
	}
	entries, err := cleanup.ParseUndo(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

func TestUndoLeavesATagThatPointsElsewhere(t *testing.T) {
	t.Parallel()
	s := scenarioOf(t, "C01")
	w := open(t, s, nil)
	if _, err := w.run(); err != nil {
		t.Fatal(err)
	}
	moved := w.server.AddManifest("acme/app", "pr-1", "application/vnd.oci.image.index.v1+json", []byte(`{"schemaVersion":2,"manifests":[]}`))
	got, err := w.cleaner.Restore(t.Context(), w.repo, w.undoFile())
	if err != nil || !slices.Equal(got.Moved, []string{"pr-1"}) {
		t.Errorf("got %+v, %v, want the moved tag pr-1", got, err)
	}
	if !slices.Contains(w.state(), "pr-1="+moved) {
		t.Errorf("the tag moved: %q", w.state())
	}
}

func TestChildrenThatGitHubDeletesWithTheirIndex(t *testing.T) {
	t.Parallel()
	t.Run("children of this index only", func(t *testing.T) {
		t.Parallel()
		s := scenarioOf(t, "C01")
		w := open(t, s, func(c *ghcrtest.Config) { c.Answers.DeletedIndex = ghcrtest.UnsharedChildrenDelete })
		got, err := w.run()
		if err != nil || !slices.Equal(w.labels(w.listed()), []string{"main"}) || len(got.Deleted) != 3 {
			t.Errorf("got %v and %+v", err, got.Deleted)
		}
	})
	t.Run("a child of an index that stays", func(t *testing.T) {
		t.Parallel()
		s := scenarioOf(t, "C04")
		w := open(t, s, func(c *ghcrtest.Config) { c.Answers.DeletedIndex = ghcrtest.ChildrenDelete })
		_, err := w.run()
		if !diag.Is(err, cleanup.CodeLost) || !strings.Contains(err.Error(), w.digests["b"]) {
			t.Errorf("got %v, want %s with the platform", err, cleanup.CodeLost)
		}
		if got := w.labels(w.listed()); !slices.Equal(got, []string{"a", "b", "i1"}) {
			t.Errorf("the server has %q, want the image and its platforms", got)
		}
	})
}

func TestAPublicationDuringTheDeletionsKeepsItsPlatforms(t *testing.T) {
	t.Parallel()
	s := scenarioOf(t, "C01")
	for _, after := range []int{0, 1, 2} { // the number of deletions before the publication
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			w := open(t, s, nil)
			index := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":%q,"size":1},{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":%q,"size":1}]}`, w.digests["a"], w.digests["b"])
			for range after {
				w.server.Inject(ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.BeforeAnswer{Do: func() {}}})
			}
			w.server.Inject(ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.BeforeAnswer{Do: func() {
				w.server.AddManifest("acme/app", "v2", "application/vnd.oci.image.index.v1+json", []byte(index))
			}}})
			got, err := w.run()
			if err != nil {
				t.Fatal(err)
			}
			listed := w.labels(w.listed())
			for _, label := range []string{"a", "b", "main"} {
				if !slices.Contains(listed, label) {
					t.Errorf("the server has %q without %s; notices %q", listed, label, got.Notices)
				}
			}
		})
	}
}

func TestAUsedRateLimitStopsBeforeAnImage(t *testing.T) {
	t.Parallel()
	s := scenarioOf(t, "C90")
	for _, hourly := range []int{14, 18, 22, 26, 200} {
		w := open(t, s, func(c *ghcrtest.Config) { c.Limits.Hourly = hourly })
		got, err := w.run()
		if err != nil {
			t.Fatalf("%d requests: %v", hourly, err)
		}
		budget := slices.ContainsFunc(got.Left, func(l plan.Left) bool { return l.Cause == plan.Budget })
		if whole := len(got.Deleted)%3 == 0; !whole || budget != (len(got.Deleted) < 6) {
			t.Errorf("%d requests: deleted %d versions, left %+v", hourly, len(got.Deleted), got.Left)
		}
	}
}

func TestACacheSavesTheReadsAndKeepsThePlan(t *testing.T) { // P14
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache", "cleanup.json")
	s := scenarioOf(t, "C10")
	s.Rules["dry-run"] = "true"
	var plans [][]string
	for round, damage := range []string{"", "", "damaged", ""} {
		if damage != "" {
			if err := os.WriteFile(path, []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w := open(t, s, nil)
		w.cleaner.Cache = read.OpenCache(path)
		if (w.cleaner.Cache.Problem != nil) != (damage != "") {
			t.Errorf("round %d: the problem is %v", round, w.cleaner.Cache.Problem)
		}
		got, err := w.run()
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, w.labels(got.Plan.Digests(got.Plan.Delete)))
		reads := 0
		for _, r := range w.server.Requests() {
			if r.Method == http.MethodGet && strings.Contains(r.Path, "/manifests/") {
				reads++
			}
		}
		if cold := round%2 == 0; cold && reads != 5 || !cold && reads != 0 {
			t.Errorf("round %d: %d manifests were read", round, reads)
		}
		if err := w.cleaner.Cache.Save(); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range plans[1:] {
		if !slices.Equal(p, plans[0]) {
			t.Errorf("the plans differ: %q", plans)
		}
	}
}

func TestACacheWithAnEntryThatIsNotWellFormedIsIgnored(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.json")
	c := read.OpenCache(path)
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	valid, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{"x", " ", "\x00"} {
		if err := os.WriteFile(path, append(valid, change...), 0o600); err != nil {
			t.Fatal(err)
		}
		if read.OpenCache(path).Problem == nil {
			t.Errorf("a file with %q at its end has no problem", change)
		}
	}
}

func TestARunThatIsRefusedChangesNothing(t *testing.T) { // P9
	t.Parallel()
	for _, rules := range []map[string]string{{"delete": "pr-*"}, {"delete": "t1"}} {
		s := scenarioOf(t, "C76")
		if rules["delete"] == "t1" {
			s = scenarioOf(t, "C58") // only a tag is detached
		}
		s.Rules = rules
		w := open(t, s, func(c *ghcrtest.Config) { c.Seed.Options.Permissions = "write" })
		before := w.state()
		if _, err := w.run(); !diag.Is(err, cleanup.CodeNoAdmin) || !strings.Contains(err.Error(), "role Admin") {
			t.Errorf("%q: got %v, want %s", rules, err, cleanup.CodeNoAdmin)
		}
		after := w.state()
		for _, one := range before {
			if !slices.Contains(after, one) {
				t.Errorf("%q: %s is gone: %q", rules, one, after)
			}
		}
	}
}

func TestAnUndoListIsReadInBothForms(t *testing.T) {
	t.Parallel()
	entries := []cleanup.Entry{{Package: "ghcr.io/acme/web", ID: 1, Digest: "sha256:a", Manifest: []byte("{}")}, {ID: 2}}
	list, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	lines := ""
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines += string(line) + "\n"
	}
	for _, text := range []string{string(list), lines} {
		if got, err := cleanup.ParseUndo([]byte(text)); err != nil || len(got) != 2 || got[0].ID != 1 || string(got[0].Manifest) != "{}" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	for _, text := range []string{"", "{", "[", "x"} {
		if _, err := cleanup.ParseUndo([]byte(text)); !diag.Is(err, cleanup.CodeUndoFile) {
			t.Errorf("%q: got %v, want %s", text, err, cleanup.CodeUndoFile)
		}
	}
}
