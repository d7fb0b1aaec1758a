package meta

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// allEvents are all events that start a workflow (events-that-trigger-workflows).
var allEvents = []string{
	"branch_protection_rule", "check_run", "check_suite", "create", "delete", "deployment", "deployment_status",
	"discussion", "discussion_comment", "fork", "gollum", "image_version", "issue_comment", "issues", "label",
	"merge_group", "milestone", "page_build", "public", "pull_request", "pull_request_review",
	"pull_request_review_comment", "pull_request_target", "push", "registry_package", "release",
	"repository_dispatch", "schedule", "status", "watch", "workflow_dispatch", "workflow_run", "",
}

// namesOfReleases are names of refs that could become a tag of a release.
var namesOfReleases = []string{
	"1", "v1", "1.2", "v1.2", "1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2-alpine", "v0.29", "2024.01.05", "1.2.3.4", "1.2rc1",
	"latest", "latest-alpine", "-1.2", "é1.2", "1.2+x", strings.Repeat("1.", 100),
}

// otherNames are names of refs that could become a tag of another kind of run.
var otherNames = []string{"nightly", "pr-1", "sha-860c190", "main", "feature/x", "12-fix-login", "1.2.x", "1.x", "release/1.2", "web/v1.2.3"}

func namesFor(t *testing.T, in Inputs, event Event) Result {
	t.Helper()
	r, err := Defaults(context.Background(), in, Context{Event: event})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOnlyReleasesGetTheTagsOfReleases tries each event with each form of a ref.
func TestOnlyReleasesGetTheTagsOfReleases(t *testing.T) {
	t.Parallel()
	for _, event := range allEvents {
		names := slices.Concat(otherNames, namesOfReleases)
		if kindOf(Event{Name: event}) == otherEvent {
			names = namesOfReleases[:6] // the name does not matter
		}
		refs := []string{"", "refs/pull/7/merge"}
		for _, name := range names {
			refs = append(refs, "refs/heads/"+name, "refs/tags/"+name)
		}
		for _, ref := range refs {
			checkOwner(t, Event{Name: event, Ref: ref}, "")
			checkOwner(t, Event{Name: event, Ref: ref}, "suffix=-alpine,onlatest=true")
			checkOwner(t, Event{Name: event, Ref: ref}, "prefix=v")
			checkOwner(t, Event{Name: event, Ref: ref, Payload: Payload{"number": jsonNumber("7"), "repository": map[string]any{"default_branch": "main"}}}, "")
		}
	}
}

// checkOwner fails if a run takes a tag that belongs to another kind of run.
func checkOwner(t *testing.T, e Event, flavor string) {
	t.Helper()
	kind := kindOf(e)
	gitTag := strings.HasPrefix(e.Ref, "refs/tags/") && (kind == refEvent || kind == tagEvent)
	affix := affixes{strings.TrimPrefix(flavor, "prefix="), "-alpine"}
	if flavor != "prefix=v" {
		affix.prefix = ""
	}
	for _, tag := range namesFor(t, Inputs{Flavor: flavor}, e).Names() {
		inner := strings.TrimSuffix(strings.TrimPrefix(tag, affix.prefix), affix.suffix)
		owner := ownerOf(inner)
		switch {
		case gitTag && looksLikeVersion(strings.TrimPrefix(e.Ref, "refs/tags/")):
		case strings.HasPrefix(e.Ref, "refs/pull/") && owner == "pull requests", kind == pullEvent && owner == "pull requests", kind == scheduleEvent && owner == "schedules":
		case owner != "" || ownerOf(tag) == "releases":
			t.Errorf("%s of %s with the flavor %q gives the tag %s, which belongs to %s", e.Name, e.Ref, flavor, tag, owner)
		}
	}
}

func TestTagOfAnotherKindIsRenamed(t *testing.T) {
	t.Parallel()
	main := Payload{"repository": map[string]any{"default_branch": "main"}}
	cases := []struct {
		ref, flavor string
		want        string
		codes       string
	}{
		{"refs/heads/1.2", "", "branch-1.2", CodeTagRenamed},
		{"refs/heads/v1.2.3", "", "branch-v1.2.3", CodeTagRenamed},
		{"refs/heads/latest", "", "branch-latest", CodeTagRenamed},
		{"refs/heads/nightly", "", "branch-nightly", CodeTagRenamed},
		{"refs/heads/sha-860c190", "", "branch-sha-860c190", CodeTagRenamed},
		{"refs/heads/pr-1", "", "branch-pr-1", CodeTagRenamed},
		{"refs/heads/1.2", "suffix=-alpine", "branch-1.2-alpine", CodeTagRenamed},
		{"refs/heads/1.2-alpine", "", "branch-1.2-alpine", CodeTagRenamed},
		{"refs/heads/2", "prefix=1.", "1.branch-2", CodeTagRenamed},
		{"refs/heads/main", "prefix=8.2-", "8.2-main", ""},
		{"refs/heads/12-fix-login", "", "12-fix-login", ""},
		{"refs/heads/1.2.x", "", "1.2.x", ""},
		{"refs/heads/release/1.2", "", "release-1.2", ""},
		{"refs/heads/nightly-tests", "", "nightly-tests", ""},
		{"refs/tags/latest", "", "tag-latest", CodeTagRenamed},
		{"refs/tags/nightly", "", "tag-nightly", CodeTagRenamed},
		{"refs/tags/main", "", "tag-main", CodeTagRenamed},
		{"refs/tags/é1", "", "tag-1", CodeTagRenamed},
		{"refs/tags/v1", "", "v1", CodeGitTagVersion},
		{"refs/tags/nightly-build", "", "nightly-build", ""},
	}
	for _, c := range cases {
		t.Run(c.ref+" "+c.flavor, func(t *testing.T) {
			t.Parallel()
			got := namesFor(t, Inputs{Flavor: c.flavor}, Event{Name: "push", Ref: c.ref, Payload: main})
			var codes []string
			for _, w := range got.Warnings {
				codes = append(codes, w.Code)
			}
			if names := strings.Join(got.Names(), " "); names != c.want || strings.Join(codes, " ") != c.codes {
				t.Errorf("got %q with the codes %q, want %q with %q", names, codes, c.want, c.codes)
			}
			if c.codes != CodeTagRenamed || c.flavor != "" {
				return
			}
			// The warning shows the rule that gives the original name.
			_, rule, _ := strings.Cut(strings.TrimSuffix(got.Warnings[0].Text, "."), "set tags: ")
			again, err := Compute(context.Background(), Inputs{Tags: rule, Flavor: "latest=false", Strict: true}, Context{Event: Event{Name: "push", Ref: c.ref}})
			if want := sanitize(c.ref[strings.LastIndex(c.ref, "/")+1:]); !ValidTag(want) {
				return // only the default rules shorten a name to a valid tag
			} else if err != nil || !slices.Equal(again.Names(), []string{want}) {
				t.Errorf("the rule %q gives %q, %v; want %q", rule, again.Names(), err, want)
			}
		})
	}
}

func TestInputsNeverMoveAReleaseFromAnotherEvent(t *testing.T) {
	t.Parallel()
	main := Payload{"repository": map[string]any{"default_branch": "main"}, "number": jsonNumber("7")}
	cases := []struct {
		event, ref string
		in         Inputs
		want       string
		codes      string
	}{
		{"pull_request", "refs/pull/7/merge", Inputs{Version: "1.2.3"}, "pr-7", CodeVersionUnused},
		{"schedule", "refs/heads/main", Inputs{Version: "1.2.3"}, "nightly", CodeVersionUnused},
		{"pull_request", "refs/pull/7/merge", Inputs{Flavor: "latest=true"}, "pr-7", CodeLatestUnused},
		{"schedule", "refs/heads/main", Inputs{Flavor: "latest=true"}, "nightly", CodeLatestUnused},
		{"push", "refs/heads/dev", Inputs{Flavor: "latest=true"}, "dev", CodeLatestUnused},
		{"push", "refs/heads/main", Inputs{Flavor: "latest=true"}, "main latest", ""},
		{"push", "refs/heads/main", Inputs{Version: "1.2.3"}, "1.2.3 1.2 1 latest", ""},
		{"repository_dispatch", "refs/heads/main", Inputs{Version: "1.2.3"}, "1.2.3 1.2 1 latest", ""},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.event, c.in), func(t *testing.T) {
			t.Parallel()
			got := namesFor(t, c.in, Event{Name: c.event, Ref: c.ref, Payload: main})
			var codes []string
			for _, w := range got.Warnings {
				codes = append(codes, w.Code)
			}
			if names := strings.Join(got.Names(), " "); names != c.want || strings.Join(codes, " ") != c.codes {
				t.Errorf("got %q with the codes %q, want %q with %q", names, codes, c.want, c.codes)
			}
		})
	}
}

// TestGitTagWithAVersionShowsItsCure runs the cure that the notice shows.
func TestGitTagWithAVersionShowsItsCure(t *testing.T) {
	t.Parallel()
	cases := []struct{ tag, cure, want string }{
		{"web/v1.2.3", "tags: type=semver,pattern={{version}},match=web/v(.*)", "1.2.3 latest"},
		{"web-v1.2.3", "tags: type=semver,pattern={{version}},match=web-v(.*)", "1.2.3 latest"},
		{"openflows-1.4.0", "tags: type=semver,pattern={{version}},match=openflows-(.*)", "1.4.0 latest"},
		{"php8-web-1.2.3-rc.1", "tags: type=semver,pattern={{version}},match=php8-web-(.*)", "1.2.3-rc.1"},
		{"@acme/web@1.2.3", "tags: type=semver,pattern={{version}},match=.acme/web.(.*)", "1.2.3 latest"},
		{"a,b=c-1.2.3", "tags: type=semver,pattern={{version}},match=a.b.c-(.*)", "1.2.3 latest"},
		{"V1.2.3", "tags: type=semver,pattern={{version}},match=V(.*)", "1.2.3 latest"},
		{"v.1.2.3", `tags: type=semver,pattern={{version}},match=v\.(.*)`, "1.2.3 latest"},
		{"v0.29", "tags: type=pep440,pattern={{version}}", "0.29 latest"},
		{"web-0.29", "tags: type=pep440,pattern={{version}},match=web-(.*)", "0.29 latest"},
		{"2024.01.05", "tags: type=pep440,pattern={{raw}},match=v?(.*)", "2024.01.05 latest"},
		{"v1.2.3.4", "tags: type=pep440,pattern={{version}}", "1.2.3.4 latest"},
		{"v1", "tags: type=pep440,pattern={{version}}", "1 latest"},
		{"1.2.3.RELEASE", `tags: type=match,pattern=\d+(\.\d+)+`, "1.2.3 latest"},
		{"devtools-v1.2.3", "tags: type=semver,pattern={{version}},match=devtools-v(.*)", "1.2.3 latest"},
		{"testkit/v1.0.0", "tags: type=semver,pattern={{version}},match=testkit/v(.*)", "1.0.0 latest"},
		{"REL_16_2", "version: 16.2.0", "16.2.0 16.2 16 latest"},
		{"2024-01-05", "version: 2024.1.5", "2024.1.5 2024.1 2024 latest"},
		{"nightly-build", "", ""},
		{"nightly-2024.01.05", "", ""},
		{"weekly/2026", "", ""},
		{"v1-dev20240105", "", ""},
		{"stable", "", ""},
	}
	for _, c := range cases {
		t.Run(c.tag, func(t *testing.T) {
			t.Parallel()
			event := Event{Name: "push", Ref: "refs/tags/" + c.tag}
			got := namesFor(t, Inputs{Strict: true}, event)
			if c.cure == "" {
				if len(got.Warnings) > 0 {
					t.Errorf("unexpected notice: %v", got.Warnings)
				}
				return
			}
			if len(got.Warnings) != 1 || got.Warnings[0].Code != CodeGitTagVersion || !strings.Contains(got.Warnings[0].Text, c.cure) {
				t.Fatalf("got %v, want the cure %q", got.Warnings, c.cure)
			}
			var cured Result
			var err error
			if rule, ok := strings.CutPrefix(c.cure, "tags: "); ok {
				cured, err = Compute(context.Background(), Inputs{Tags: rule, Strict: true}, Context{Event: event})
			} else {
				cured, err = Defaults(context.Background(), Inputs{Version: strings.TrimPrefix(c.cure, "version: "), Strict: true}, Context{Event: event})
			}
			if names := strings.Join(cured.Names(), " "); err != nil || names != c.want || len(cured.Warnings) > 0 {
				t.Errorf("the cure gives %q, %v, %v; want %q", names, cured.Warnings, err, c.want)
			}
		})
	}
}
