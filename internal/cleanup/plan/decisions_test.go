package plan_test

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func parse(tb testing.TB, in map[string]string) *rules.Rules {
	tb.Helper()
	r, err := rules.Parse(inputsOf(in), rules.NoFiles{}, "ghcr.io")
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestADeletedBranchSelectsOnlyItsTag(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, branch, want string
	}{
		{name: "the tag of the branch", branch: "feature/x", want: "feature-x"},
		{name: "a branch that looks like a release", branch: "1.2.0", want: ""},
		{name: "a branch with the name latest", branch: "latest", want: ""},
		{name: "a branch without a tag", branch: "other", want: ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var list []graph.Version
			for i, tag := range []string{"feature-x", "feature-x-2", "1.2.0", "latest"} {
				list = append(list, graph.Version{ID: int64(i), Digest: digestOf(tag), Tags: []string{tag}, Updated: before(1)})
			}
			p := graph.New(list, func(string) graph.Manifest { return graph.Manifest{} })
			made, err := plan.Make(p, parse(t, nil), plan.Facts{Now: clock, Event: plan.Event{DeletedBranch: c.branch}})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, step := range made.Delete {
				got += p.Nodes[step.Node].Tags[0]
			}
			if got != c.want {
				t.Errorf("the branch %q deletes %q, want %q", c.branch, got, c.want)
			}
		})
	}
}

func TestThePlanGivesAReasonForEachVersion(t *testing.T) {
	t.Parallel()
	s := open(&ghcrtest.Seed{Package: "ghcr.io/acme/app", Versions: []version{
		{Label: "old", Tags: []string{"pr-1"}, Age: 100, Kind: "index", Children: []string{"a"}},
		{Label: "a", Age: 100},
		{Label: "young", Tags: []string{"pr-2"}, Age: 1},
		{Label: "main", Tags: []string{"main"}, Age: 100},
		{Label: "latest", Tags: []string{"latest"}, Age: 100},
		{Label: "fresh", Age: 0.5},
	}, Rules: map[string]string{"delete": "pr-*", "older-than": "2h", "keep": "latest", "untagged": "delete"}})
	p, labels, err := s.plan()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, step := range append(p.Delete, p.Keep...) {
		got[labels[p.Package.Nodes[step.Node].Digest]] = step.Why.String()
	}
	want := map[string]string{
		"old": "pr-*", "a": "part of " + digestOf("old")[:19], "young": "too young (older-than)", "main": "no rule selects it",
		"latest": "keep: latest", "fresh": "too young (older-than)",
	}
	for label, reason := range want {
		if got[label] != reason {
			t.Errorf("%s: got %q, want %q", label, got[label], reason)
		}
	}
}
