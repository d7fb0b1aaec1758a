package cmd_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// cleanupStage is a step with a scenario of the command "cleanup" and its rules.
func cleanupStage(t *testing.T, s *ghcrtest.Seed) *stage {
	t.Helper()
	c := ghcrtest.Config{Open: &ghcrtest.Open{Token: canary, Repository: s.Repository()}, Seed: s}
	stage := newStage(t, c)
	stage.env["GITHUB_REPOSITORY"] = s.Repository()
	stage.with("command", "cleanup", "image", stage.image(s.Name()))
	for name, value := range s.RulesFor(stage.server.Host()) {
		stage.with(name, value)
	}
	if e := s.Options.Event; e.Name != "" {
		stage.env["GITHUB_EVENT_NAME"] = e.Name
		stage.event(map[string]any{"action": e.Action, "number": e.Number, "pull_request": map[string]any{"number": e.Number}})
	}
	return stage
}

// The step deletes, keeps and reports exactly what each scenario expects. The expected results
// in cleanup.json were written by hand, and a model computed the results in more.json.
func TestEachScenarioOfCleanupHasItsResultInAStep(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"cleanup.json", "more.json"} {
		all, err := ghcrtest.ReadSeeds(filepath.Join("..", "cleanup", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			t.Run(s.ID, func(t *testing.T) {
				t.Parallel()
				checkScenario(t, s)
			})
		}
	}
}

func checkScenario(t *testing.T, s *ghcrtest.Seed) {
	t.Helper()
	stage := cleanupStage(t, s)
	got := stage.run()
	want := s.Expected
	if want.Error != "" {
		got.failsWith(want.Error)
	} else {
		got.succeeds()
	}
	labels := map[string]string{}
	for label, digest := range s.Digests() {
		labels[digest] = label
	}
	kept := []string{}
	for _, v := range stage.server.Versions(s.Name()) {
		kept = append(kept, labels[v])
	}
	sameList(t, "versions on the server", kept, want.Kept)
	if want.Error != "" {
		return
	}
	sameList(t, "output kept", named(got, labels, "kept"), want.Kept)
	sameList(t, "output deleted", named(got, labels, "deleted"), want.Deleted)
	var tags []string
	for _, e := range entriesOf(got, "detached") {
		tags = append(tags, e.Tags...)
	}
	sameList(t, "output detached", tags, want.Detached)
	var left []string
	for _, l := range want.Left {
		left = append(left, l[0]+" "+l[1])
	}
	sameList(t, "output left", named(got, labels, "left"), left)
	var freed int64
	if err := json.Unmarshal([]byte(got.outputs["freed"]), &freed); err != nil || freed != want.Freed {
		t.Errorf("the output freed is %q, want %d", got.outputs["freed"], want.Freed)
	}
}

// cleanupEntry contains the fields of the entries of the lists in the outputs.
type cleanupEntry struct {
	Digest, Tag, Reason string
	Tags                []string
}

func entriesOf(r result, output string) []cleanupEntry {
	r.t.Helper()
	var out []cleanupEntry
	if err := json.Unmarshal([]byte(r.outputs[output]), &out); err != nil {
		r.fatal("the output %s is no list: %v", output, err)
	}
	return out
}

// named returns the labels of the entries of an output, and the reasons.
func named(r result, labels map[string]string, output string) []string {
	r.t.Helper()
	var out []string
	for _, e := range entriesOf(r, output) {
		name := labels[e.Digest]
		switch {
		case e.Tag != "":
			name = e.Tag
		case e.Digest == "":
			name = "*"
		}
		out = append(out, strings.TrimSpace(name+" "+e.Reason))
	}
	return out
}

func sameList(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// TestServePrintsTheCommandOfAScenario compares complete lines, because people and tests
// enter them in a shell.
func TestServePrintsTheCommandOfAScenario(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, id string
		want     string
		event    bool
	}{
		{"a rule with a digest", "C79", " --delete='DIGEST' --dry-run='false'", false},
		{"a rule with two lines", "C61", " --delete='pr-*' --delete='sha-*' --dry-run='false'", false},
		{"a dry run", "C77", " --delete='pr-*' --dry-run='true'", false},
		{"an event", "C53", " --dry-run='false'", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := ghcrtest.ReadSeed(filepath.Join("..", "cleanup", "testdata", "cleanup.json") + "#" + c.id)
			if err != nil {
				t.Fatal(err)
			}
			env := served(t, "--seed", filepath.Join("..", "cleanup", "testdata", "cleanup.json")+"#"+c.id)
			host := strings.TrimPrefix(env["GITHUB_SERVER_URL"], "http://")
			want := "ghcr-publish cleanup " + host + "/acme/app" + strings.ReplaceAll(c.want, "DIGEST", s.Digests()["a"])
			if env["#"] != want || (env["GITHUB_EVENT_NAME"] == "pull_request") != c.event {
				t.Errorf("got %q and the variables %q, want %q", env["#"], slices.Sorted(maps.Keys(env)), want)
			}
		})
	}
}
