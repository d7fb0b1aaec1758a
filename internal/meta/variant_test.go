package meta

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestDefaultsNeverMoveTheTagOfAVariant publishes a release with a flavor, and then the
// ref of another run with each name of the release.
func TestDefaultsNeverMoveTheTagOfAVariant(t *testing.T) {
	t.Parallel()
	main := Payload{"repository": map[string]any{"default_branch": "main"}}
	push := func(ref string, in Inputs, existing []string) Result {
		c := Context{Event: Event{Name: "push", Ref: ref, Payload: main}}.existing(existing...)
		r, err := Defaults(t.Context(), in, c)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, flavor := range []string{"suffix=-alpine,onlatest=true", "prefix=web-,onlatest=true", "prefix=web-\nsuffix=-alpine", "suffix=_slim,onlatest=true", "prefix=8.2-", "prefix=web"} {
		release := push("refs/tags/v3.1.0", Inputs{Flavor: flavor}, nil).Names()
		existing := slices.Concat([]string{"main", "web-main"}, release)
		for _, event := range []string{"refs/pull/7/merge", "refs/heads/main"} {
			existing = append(existing, push(event, Inputs{Flavor: flavor}, nil).Names()...)
		}
		for _, tag := range append(release, "latest"+strings.TrimPrefix(release[0], "3.1.0")) {
			if strings.HasPrefix(tag, "web3") || strings.HasPrefix(tag, "latest") && !slices.Contains(release, tag) {
				continue // no blank between the prefix and the number
			}
			got := push("refs/heads/"+tag, Inputs{}, existing)
			if want := []string{"branch-" + tag}; !slices.Equal(got.Names(), want) || len(got.Warnings) != 1 || got.Warnings[0].Code != CodeTagRenamed {
				t.Errorf("after a release with the flavor %q, the branch %s gives %q with %v", flavor, tag, got.Names(), got.Warnings)
			}
		}
	}
}

func TestNamesThatAreNoVariantStay(t *testing.T) {
	t.Parallel()
	main := Payload{"repository": map[string]any{"default_branch": "main"}}
	alpine := []string{"3.1.0-alpine", "3.1-alpine", "3-alpine", "latest-alpine", "main-alpine", "3.1.0", "3.1", "3"}
	cases := []struct {
		ref      string
		existing []string
		want     string
	}{
		{"refs/heads/3-alpine", nil, "3-alpine"},
		{"refs/heads/12-fix-login", alpine, "12-fix-login"},
		{"refs/heads/3-alpine", alpine, "branch-3-alpine"},
		{"refs/heads/nightly-alpine", alpine, "branch-nightly-alpine"},
		{"refs/heads/pr-7-alpine", alpine, "branch-pr-7-alpine"},
		{"refs/heads/sha-860c190-alpine", alpine, "branch-sha-860c190-alpine"},
		{"refs/heads/next-alpine", alpine, "next-alpine"},
		{"refs/heads/3.1.x-alpine", alpine, "3.1.x-alpine"},
		{"refs/tags/main-alpine", alpine, "tag-main-alpine"},
		{"refs/tags/nightly-alpine", alpine, "tag-nightly-alpine"},
		{"refs/heads/main-alpine", alpine, "main-alpine"},
		// Branches for releases have such names, too.
		{"refs/heads/release/1.2.3", []string{"release-1.2.3", "release-1.2.4", "1.2.3", "1.2"}, "release-1.2.3"},
		{"refs/heads/release/1.2", []string{"release-1.2", "1.2.3", "1.2"}, "release-1.2"},
	}
	for _, c := range cases {
		got, err := Defaults(t.Context(), Inputs{}, Context{Event: Event{Name: "push", Ref: c.ref, Payload: main}}.existing(c.existing...))
		if names := strings.Join(got.Names(), " "); err != nil || names != c.want {
			t.Errorf("%s with the tags %q gives %q, %v; want %q", c.ref, c.existing, names, err, c.want)
		}
	}
}

// A ref gives no tag if the tag can belong to a release and the registry does not list its
// tags. Most refs need no list.
func TestRefsWhoseTagCanBelongToAReleaseNeedTheListOfTheTags(t *testing.T) {
	t.Parallel()
	main := Payload{"repository": map[string]any{"default_branch": "main"}}
	cases := map[string]bool{
		"refs/heads/12-fix-login": true, "refs/heads/3-alpine": true, "refs/heads/nightly-alpine": true, "refs/tags/main-alpine": true, "refs/tags/nightly-alpine": true,
		"refs/heads/feature/x2": false, "refs/heads/main": false, "refs/heads/1.2": false, "refs/tags/web-1.2.3": false,
	}
	for ref, needed := range cases {
		calls, refusal := 0, errors.New("405")
		c := Context{Event: Event{Name: "push", Ref: ref, Payload: main}}
		c.Existing = func(context.Context) ([]string, error) { calls++; return nil, refusal }
		got, err := Defaults(t.Context(), Inputs{}, c)
		if errors.Is(err, refusal) != needed || (calls == 1) != needed || (len(got.Names()) == 0) != needed {
			t.Errorf("%s gives %q, %v with %d lists; the ref needs the list: %t", ref, got.Names(), err, calls, needed)
		}
	}
}
