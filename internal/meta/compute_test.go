package meta

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

func TestVersionInput(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, event, ref, tags, version, want string }{
		{"semver reads the input version on any event", "workflow_dispatch", "refs/heads/dev", "type=semver,pattern={{version}}\ntype=semver,pattern={{major}}", "v1.2.3", "1.2.3 1 latest"},
		{"pep440 reads the input version", "push", "refs/heads/dev", "type=pep440,pattern={{version}}", "1.2rc1", "1.2rc1"},
		{"the input version has priority over the Git tag", "push", "refs/tags/v9.9.9", "type=semver,pattern={{version}}", "1.2.3", "1.2.3 latest"},
		{"the value of a rule has priority over the input version", "push", "refs/heads/dev", "type=semver,pattern={{version}},value=4.5.6", "1.2.3", "4.5.6 latest"},
		{"match selects a part of the input version", "push", "refs/heads/dev", "type=semver,pattern={{version}},match=web-(.*)", "web-v1.2.3", "1.2.3 latest"},
		{"the input version is not a template", "push", "refs/heads/dev", "type=sha,prefix=\ntype=semver,pattern={{version}}", "{{sha}}", "860c190"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := compute(t, Inputs{Tags: c.tags, Version: c.version}, at(c.event, c.ref))
			if names := strings.Join(got.Names(), " "); names != c.want {
				t.Errorf("got %q, want %q", names, c.want)
			}
		})
	}
}

func TestLatestHighest(t *testing.T) {
	t.Parallel()
	const three = "type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=semver,pattern={{major}}\ntype=semver,pattern=stable"
	cases := []struct{ name, ref, tags, existing, want string }{
		{"no other tag exists", "v1.2.3", three, "", "1.2.3 1.2 1 stable latest"},
		{"highest", "v1.2.3", three, "1.2.2 1.0.0 latest main 1.2", "1.2.3 1.2 1 stable latest"},
		{"a higher patch exists", "v1.2.3", three, "1.2.4", "1.2.3"},
		{"backport, highest of its minor", "v1.2.3", three, "1.3.0", "1.2.3 1.2"},
		{"backport, highest of its major", "v1.2.3", three, "2.0.0", "1.2.3 1.2 1"},
		{"versions are compared as numbers", "v1.10.0", three, "1.9.0", "1.10.0 1.10 1 stable latest"},
		{"prereleases and moving tags do not count", "v1.2.3", three, "2 2.0 2.0.0-rc.1 v3 edge", "1.2.3 1.2 1 stable latest"},
		{"tags with a v count", "v1.2.3", three, "v2.0.0", "1.2.3 1.2 1"},
		{"prerelease", "v2.0.0-rc.1", three, "", "2.0.0-rc.1"},
		{"rule with an affix", "v1.2.3", "type=semver,pattern={{version}},suffix=-slim\ntype=semver,pattern={{major}},suffix=-slim", "9.0.0 1.2.4-slim", "1.2.3-slim"},
		{"tag rule", "v1.2.3", "type=ref,event=tag", "v1.2.4", "v1.2.3"},
		{"tag rule with the highest version", "v1.2.3", "type=ref,event=tag", "v1.2.2", "v1.2.3 latest"},
		{"tag that is not a version", "foo", "type=ref,event=tag", "", "foo"},
		{"match", "web/1.2.3", "type=match,pattern=web/(.*),group=1", "1.2.4", "1.2.3"},
		{"pep440", "2026.4.1", "type=pep440,pattern={{version}}\ntype=pep440,pattern={{major}}.{{minor}}\ntype=pep440,pattern={{major}}", "2026.5.1", "2026.4.1 2026.4"},
		{"branch", "", "type=ref,event=branch", "", "master"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ref := "refs/tags/" + c.ref
			if c.ref == "" {
				ref = "refs/heads/master"
			}
			got := compute(t, Inputs{Tags: c.tags, Flavor: "latest=highest"}, at("push", ref).existing(strings.Fields(c.existing)...))
			if names := strings.Join(got.Names(), " "); names != c.want {
				t.Errorf("got %q, want %q\n%s", names, c.want, strings.Join(got.Explain(), "\n"))
			}
		})
	}
}

func TestTagsAreListedOnlyForHighest(t *testing.T) {
	t.Parallel()
	c := at("push", "refs/tags/v1.2.3")
	c.Existing = func(context.Context) ([]string, error) { return nil, errors.New("asked") }
	compute(t, Inputs{Tags: "type=semver,pattern={{major}}"}, c)
	if _, err := Compute(context.Background(), Inputs{Tags: "type=semver,pattern={{major}}", Flavor: "latest=highest"}, c); err == nil || !strings.Contains(err.Error(), "asked") {
		t.Errorf("got %v, want the registry's error", err)
	}
}

func TestMoving(t *testing.T) {
	t.Parallel()
	tags := "type=semver,pattern={{version}}\ntype=semver,pattern={{major}}\ntype=sha\ntype=raw,value=nightly\ntype=raw,value=3.4.5\ntype=ref,event=tag"
	var moving []string
	for _, tag := range compute(t, Inputs{Tags: tags}, at("push", "refs/tags/v1.2.3")).Tags {
		if tag.Moving {
			moving = append(moving, tag.Name)
		}
	}
	if want := []string{"1", "nightly", "latest"}; !slices.Equal(moving, want) {
		t.Errorf("got %q, want %q", moving, want)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	target := at("pull_request_target", "refs/heads/main")
	target.Event.Payload = Payload{"number": jsonNumber("7"), "pull_request": map[string]any{"head": map[string]any{"sha": "feed"}}}
	head := target
	head.PRHeadSHA = "true"
	checkout := target
	checkout.FromCheckout = true
	cases := []struct {
		name string
		c    Context
		want string
	}{
		{"pull_request_target gives the number of its pull request", target, "pr-7 sha-860c190"},
		{"DOCKER_METADATA_PR_HEAD_SHA selects the head commit", head, "pr-7 sha-feed"},
		{"context: git uses the checkout", checkout, "main sha-860c190"},
		{"push", at("push", "refs/heads/main"), "main sha-860c190"},
		{"schedule", at("schedule", "refs/heads/main"), "nightly main sha-860c190"},
	}
	const rules = "type=schedule\ntype=ref,event=branch\ntype=ref,event=tag\ntype=ref,event=pr\ntype=sha"
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := compute(t, Inputs{Tags: rules}, c.c)
			if names := strings.Join(got.Names(), " "); names != c.want {
				t.Errorf("got %q, want %q", names, c.want)
			}
		})
	}
}

func TestWarningsAboutEvents(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, event, ref, tags, want string }{
		{"workflow_run on a branch rule", "workflow_run", "refs/heads/main", "type=ref,event=branch", CodeEventDefaultBranch},
		{"workflow_run on edge", "workflow_run", "refs/heads/master", "type=edge", CodeEventDefaultBranch},
		{"issue comment", "issue_comment", "refs/heads/main", "type=ref,event=branch", CodeEventDefaultBranch},
		{"merge queue", "merge_group", "refs/heads/gh-readonly-queue/main/pr-5-abc", "type=ref,event=branch", CodeEventMergeGroup},
		{"workflow_run without a branch rule", "workflow_run", "refs/heads/main", "type=sha", ""},
		{"push", "push", "refs/heads/main", "type=ref,event=branch", ""},
		{"unknown zone", "push", "refs/heads/main", "type=raw,value={{date 'YYYY' tz='Mars'}}", CodeUnknownTimeZone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var codes []string
			for _, w := range compute(t, Inputs{Tags: c.tags}, at(c.event, c.ref)).Warnings {
				codes = append(codes, w.Code)
			}
			if got := strings.Join(codes, " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWarningAboutAnotherCommit(t *testing.T) {
	t.Parallel()
	run := at("workflow_run", "refs/heads/main")
	run.Event.Payload = Payload{"workflow_run": map[string]any{"head_sha": "feed"}}
	same := at("workflow_run", "refs/heads/main")
	same.Event.Payload = Payload{"workflow_run": map[string]any{"head_sha": commit}}
	cases := []struct {
		name string
		c    Context
		want int
	}{
		{"another commit", run, 1},
		{"the same commit", same, 0},
		{"push", at("push", "refs/heads/main"), 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := compute(t, Inputs{Tags: "type=sha\ntype=sha,format=long"}, c.c).Warnings
			if len(got) != c.want || c.want > 0 && got[0].Code != CodeEventOtherCommit {
				t.Errorf("got %v, want %d warnings", got, c.want)
			}
		})
	}
}

func TestErrorsNameTheRule(t *testing.T) {
	t.Parallel()
	const rule = "type=raw,value="
	cases := []struct{ name, tags, flavor, code, words string }{
		{"tag with a dash", rule + "-x", "", CodeTagInvalid, rule + "-x"},
		{"tag too long", rule + strings.Repeat("x", 129), "", CodeTagTooLong, "129 characters"},
		{"latest with a dash", "a", "latest=true\nprefix=-,onlatest=true", CodeTagInvalid, `"-a"`},
		{"match without a group", "type=semver,pattern={{version}},value=v1.2.3,match=v.*", "", CodeTagMatchGroup, "match="},
		{"group that takes no part in the match", "type=semver,pattern={{version}},value=v1.2.3,match=(a)|v", "", CodeTagMatchGroup, "first group"},
		{"slow pattern", "type=match,value=" + strings.Repeat("a", 64) + "!,pattern=(a+)+$", "", CodeTagPattern, "takes too long"},
		{"open expression", rule + "{{branch", "", CodeExpression, "{{branch"},
		{"quotes", `type=raw,value={{date "YYYY"}}`, "", CodeInputQuotes, "single quotes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Compute(context.Background(), Inputs{Tags: c.tags, Flavor: c.flavor}, at("push", "refs/heads/main"))
			var d *diag.Error
			if !errors.As(err, &d) || d.Code != c.code || !strings.Contains(err.Error(), c.words) || d.Hint == "" {
				t.Errorf("got %v, want code %s and a text with %q", err, c.code, c.words)
			}
		})
	}
}

func TestInputErrorsAreJoined(t *testing.T) {
	t.Parallel()
	in := Inputs{Images: "name=", Tags: "type=foo", Flavor: "latest=x"}
	_, err := Compute(context.Background(), in, at("push", "refs/heads/main"))
	if got := diag.All(err); len(got) != 3 {
		t.Errorf("got %d errors %v, want one for each input", len(got), err)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	got := compute(t, Inputs{Tags: "type=semver,pattern={{version}}\ntype=raw,value=a\ntype=raw,value=a,enable=false\na"}, at("push", "refs/heads/main"))
	want := []string{
		"type=semver,pattern={{version}} skipped: the ref refs/heads/main is not a Git tag (set the input version, or the attribute value of the rule)",
		"type=raw,value=a → a",
		"type=raw,value=a,enable=false skipped: disabled by enable=false",
		"a → a (another rule gives the same tag)",
	}
	if !slices.Equal(got.Explain(), want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got.Explain(), "\n"), strings.Join(want, "\n"))
	}
}

func TestCheckReturnsTheReasonsWithoutATag(t *testing.T) {
	t.Parallel()
	got := compute(t, Inputs{Tags: "type=edge,branch=dev"}, at("push", "refs/heads/main"))
	if err := got.Check(); !diag.Is(err, CodeNoTags) || !strings.Contains(err.Error(), "the branch main is not the branch dev") {
		t.Errorf("got %v, want the explanation", err)
	}
	if err := compute(t, Inputs{}, at("push", "refs/heads/main")).Check(); err != nil {
		t.Errorf("got %v, want none", err)
	}
}

func TestCommitDate(t *testing.T) {
	t.Parallel()
	payload := func(raw string) Payload {
		p, err := ParsePayload([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	cases := []struct {
		name    string
		payload Payload
		seam    func(context.Context, string) (time.Time, error)
		want    string
	}{
		{"the commit in commits", payload(`{"commits":[{"id":"x","timestamp":"2001-01-01T00:00:00Z"},{"id":"` + commit + `","timestamp":"2002-01-01T00:00:00+01:00"}]}`), nil, "2001"},
		{"the head commit", payload(`{"head_commit":{"id":"` + commit + `","timestamp":"2003-01-01T00:00:00Z"}}`), nil, "2003"},
		{"another head commit", payload(`{"head_commit":{"id":"x","timestamp":"2003-01-01T00:00:00Z"}}`), at("", "").CommitDate, "2019"},
		{"a timestamp that is not a time", payload(`{"head_commit":{"id":"` + commit + `","timestamp":7}}`), at("", "").CommitDate, "2019"},
		{"the payload has no commit", Payload{}, at("", "").CommitDate, "2019"},
		{"CommitDate is nil", Payload{}, nil, "2020"},
		{"CommitDate fails", Payload{}, func(context.Context, string) (time.Time, error) { return time.Time{}, errors.New("down") }, "2020"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := at("push", "refs/heads/main")
			ctx.Event.Payload, ctx.CommitDate = c.payload, c.seam
			if got := compute(t, Inputs{Tags: "type=raw,value={{commit_date 'YYYY'}}"}, ctx).Version; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNaNPrioritiesSortAsInJavaScript(t *testing.T) {
	t.Parallel()
	// The orders are the results of V8's Array.prototype.sort.
	cases := []struct{ name, priorities, want string }{
		{"all equal", "x y z", "0 1 2"},
		{"between numbers", "200 x 1000", "0 1 2"},
		{"behind numbers", "100 900 x", "1 0 2"},
		{"hexadecimal", "100 0x100 1e3", "2 1 0"},
		{"blank is zero", "1 - -1", "0 1 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var rules []rule
			for i, p := range strings.Fields(c.priorities) {
				rules = append(rules, rule{text: string(rune('0' + i)), order: numberJS(strings.TrimSuffix(p, " "))})
			}
			sortRules(rules)
			var got []string
			for _, r := range rules {
				got = append(got, r.text)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
