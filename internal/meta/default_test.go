package meta

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	number := Payload{"number": jsonNumber("7")}
	release := func(field string) Payload { return Payload{"release": map[string]any{field: true}} }
	cases := []struct {
		name     string
		event    Event
		in       Inputs
		existing []string
		want     string
	}{
		{"semver tag, no other tag exists", Event{Name: "push", Ref: "refs/tags/v1.2.3"}, Inputs{}, nil, "1.2.3 1.2 1 latest"},
		{"newest version", Event{Name: "push", Ref: "refs/tags/v1.2.3"}, Inputs{}, []string{"1.2.2", "0.9.0", "main"}, "1.2.3 1.2 1 latest"},
		{"same version again", Event{Name: "push", Ref: "refs/tags/v1.2.3"}, Inputs{}, []string{"1.2.3"}, "1.2.3 1.2 1 latest"},
		{"backport to an older major", Event{Name: "push", Ref: "refs/tags/v1.4.9"}, Inputs{}, []string{"2.0.0", "1.4.8"}, "1.4.9 1.4 1"},
		{"backport to an older minor", Event{Name: "push", Ref: "refs/tags/v1.3.9"}, Inputs{}, []string{"1.4.0", "1.3.8"}, "1.3.9 1.3"},
		{"late run of an older patch", Event{Name: "push", Ref: "refs/tags/v1.3.7"}, Inputs{}, []string{"1.3.8"}, "1.3.7"},
		{"prereleases in the registry do not count", Event{Name: "push", Ref: "refs/tags/v1.2.3"}, Inputs{}, []string{"2.0.0-rc.1"}, "1.2.3 1.2 1 latest"},
		{"major 0", Event{Name: "push", Ref: "refs/tags/0.3.1"}, Inputs{}, nil, "0.3.1 0.3 latest"},
		{"prerelease", Event{Name: "push", Ref: "refs/tags/v2.0.0-beta.1"}, Inputs{}, nil, "2.0.0-beta.1"},
		{"release marked as a prerelease", Event{Name: "release", Ref: "refs/tags/v1.0.0", Payload: release("prerelease")}, Inputs{}, nil, "1.0.0"},
		{"draft release", Event{Name: "release", Ref: "refs/tags/v1.0.0", Payload: release("draft")}, Inputs{}, nil, "1.0.0"},
		{"release", Event{Name: "release", Ref: "refs/tags/v1.0.0"}, Inputs{}, nil, "1.0.0 1.0 1 latest"},
		{"other tag", Event{Name: "push", Ref: "refs/tags/weekly/2026"}, Inputs{}, nil, "weekly-2026"},
		{"branch", Event{Name: "push", Ref: "refs/heads/feature/x"}, Inputs{}, nil, "feature-x"},
		{"branch name that is not a valid tag", Event{Name: "push", Ref: "refs/heads/-.x"}, Inputs{}, nil, "x"},
		{"branch name without a valid character", Event{Name: "push", Ref: "refs/heads/機能"}, Inputs{}, nil, "ref-b0e21b8e"},
		{"deleted branch", Event{Name: "push", Ref: "refs/heads/x", Payload: Payload{"deleted": true}}, Inputs{}, nil, ""},
		{"pull request", Event{Name: "pull_request", Ref: "refs/pull/7/merge", Payload: number}, Inputs{}, nil, "pr-7"},
		{"merged pull request", Event{Name: "pull_request", Ref: "refs/heads/main", Payload: number}, Inputs{}, nil, "pr-7"},
		{"pull request target", Event{Name: "pull_request_target", Ref: "refs/heads/main", Payload: number}, Inputs{}, nil, "pr-7"},
		{"schedule without a repository in its payload", Event{Name: "schedule", Ref: "refs/heads/main"}, Inputs{}, nil, "nightly"},
		{"dispatch on a branch", Event{Name: "workflow_dispatch", Ref: "refs/heads/dev"}, Inputs{}, nil, "dev"},
		{"dispatch with a version", Event{Name: "workflow_dispatch", Ref: "refs/heads/dev"}, Inputs{Version: "v1.2.3"}, nil, "1.2.3 1.2 1 latest"},
		{"dispatch with a version that is not SemVer", Event{Name: "workflow_dispatch", Ref: "refs/heads/dev"}, Inputs{Version: "2026.04"}, nil, "2026.04"},
		{"merge queue", Event{Name: "merge_group", Ref: "refs/heads/gh-readonly-queue/main/pr-5-abc"}, Inputs{}, nil, ""},
		{"workflow run", Event{Name: "workflow_run", Ref: "refs/heads/main"}, Inputs{}, nil, ""},
		{"issue comment", Event{Name: "issue_comment", Ref: "refs/heads/main"}, Inputs{}, nil, ""},
		{"only tags with the same suffix are compared", Event{Name: "push", Ref: "refs/tags/v1.2.3"}, Inputs{Flavor: "suffix=-alpine,onlatest=true"}, []string{"9.0.0", "1.2.2-alpine"}, "1.2.3-alpine 1.2-alpine 1-alpine latest-alpine"},
		{"a higher version with the same suffix exists", Event{Name: "push", Ref: "refs/tags/v1.2.3"}, Inputs{Flavor: "suffix=-alpine"}, []string{"1.2.4-alpine"}, "1.2.3-alpine"},
		{"latest disabled", Event{Name: "push", Ref: "refs/tags/v1.2.3"}, Inputs{Flavor: "latest=false"}, nil, "1.2.3 1.2 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list := func(context.Context) ([]string, error) { return c.existing, nil }
			got, err := Defaults(context.Background(), c.in, Context{Event: c.event, Existing: list})
			if err != nil {
				t.Fatal(err)
			}
			if names := strings.Join(got.Names(), " "); names != c.want {
				t.Errorf("got %q, want %q\n%v", names, c.want, got.Rules)
			}
		})
	}
}

func TestDefaultsKeepLongNamesDistinct(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	var got []string
	for _, branch := range []string{long + "1", long + "2"} {
		r, err := Defaults(context.Background(), Inputs{}, Context{Event: Event{Name: "push", Ref: "refs/heads/" + branch}})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Names()...)
	}
	if len(got) != 2 || got[0] == got[1] || !ValidTag(got[0]) || !ValidTag(got[1]) {
		t.Errorf("got %q, want two different valid tags", got)
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	images := []string{"ghcr.io/acme/web", "localhost:5000/web"}
	cases := []struct {
		name, text, want string
		ok, fails        bool
	}{
		{"bare name", "1.2", "", false, false},
		{"reference", "ghcr.io/acme/web:1.2", "1.2", true, false},
		{"repository in capitals", "ghcr.io/Acme/Web:Beta", "Beta", true, false},
		{"port", "localhost:5000/web:x", "x", true, false},
		{"other repository", "ghcr.io/acme/api:1.2", "", false, true},
		{"no tag", "localhost:5000/web", "", false, true},
		{"digest", "ghcr.io/acme/web@sha256:00", "", false, true},
		{"template", "{{branch}}:x", "", false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := Literal(c.text, images)
			if got != c.want || ok != c.ok || (err != nil) != c.fails {
				t.Errorf("got %q, %v, %v; want %q, %v, error %v", got, ok, err, c.want, c.ok, c.fails)
			}
		})
	}
}

func TestFullReferencesInTags(t *testing.T) {
	t.Parallel()
	in := Inputs{
		Images: "ghcr.io/acme/web",
		Tags:   "ghcr.io/acme/web:v1\nghcr.io/acme/web:a,ghcr.io/acme/web:b\nplain\ntype=raw,value=c",
		Strict: true,
	}
	got, err := Compute(context.Background(), in, Context{Event: Event{Name: "push", Ref: "refs/heads/main"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"v1", "a", "b", "plain", "c"}; !slices.Equal(got.Names(), want) {
		t.Errorf("got %q, want %q", got.Names(), want)
	}
	in.Tags = "ghcr.io/acme/api:v1"
	if _, err := Compute(context.Background(), in, Context{}); err == nil || !strings.Contains(err.Error(), "ghcr.io/acme/api") {
		t.Errorf("got %v, want an error that names the foreign repository", err)
	}
}
