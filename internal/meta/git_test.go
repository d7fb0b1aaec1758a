package meta

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// fake returns a Git that maps the start of a command to its output.
func fake(answers map[string]string) Git {
	return func(_ context.Context, args ...string) (string, error) {
		line := strings.Join(args, " ")
		for beginning, answer := range answers {
			if strings.HasPrefix(line, beginning) {
				return answer, nil
			}
		}
		return "", fmt.Errorf("git %s: no answer", line)
	}
}

func TestFromGit(t *testing.T) {
	t.Parallel()
	const refs = "for-each-ref --format=%(refname) --contains HEAD --sort=-committerdate "
	cases := []struct {
		name string
		git  map[string]string
		want string
	}{
		{"branch", map[string]string{"branch": "main\n", "symbolic-ref": "refs/heads/main\n"}, "refs/heads/main"},
		{"tag", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD, tag: v1, main", "for-each-ref": "refs/tags/v1\n"}, "refs/tags/v1"},
		{"tag with a comma", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD, tag: a, b", "for-each-ref": "refs/tags/a\nrefs/tags/a, b\n"}, "refs/tags/a, b"},
		{"pull request that actions/checkout fetched", map[string]string{"branch": "", "show -s --pretty=%D": "grafted, HEAD, pull/5/merge"}, "refs/pull/5/merge"},
		{"remote and local branch", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD, origin/dev, dev"}, "refs/heads/dev"},
		{"remote branch", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD, origin/feat/x"}, "refs/heads/feat/x"},
		{"detached HEAD in a local branch", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD", refs + "refs/heads/": "refs/heads/a\nrefs/heads/b\n"}, "refs/heads/a"},
		{"detached HEAD in a remote branch", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD", refs + "refs/heads/": "", refs + "refs/remotes/": "refs/remotes/origin/x/y\n"}, "refs/heads/x/y"},
		{"detached HEAD in a tag", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD", refs: "", "tag --contains": "v1\nv2\n"}, "refs/tags/v1"},
		{"detached HEAD without a branch or tag", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD", refs: "", "tag --contains": ""}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.git["show --format=%H HEAD"] = "feed\n"
			c.git["show -s --format=%cI"] = "2001-02-03T04:05:06+01:00\n"
			got, err := FromGit(context.Background(), at("push", "refs/heads/other"), fake(c.git))
			if err != nil || got.Event.Ref != c.want || got.Event.SHA != "feed" {
				t.Fatalf("got %q at %q, %v; want %q", got.Event.Ref, got.Event.SHA, err, c.want)
			}
			r := compute(t, Inputs{Tags: "type=raw,value={{commit_date 'YYYYMMDDHH'}}"}, got)
			if r.Version != "2001020303" {
				t.Errorf("got the commit's date %q", r.Version)
			}
		})
	}
}

func TestFromGitRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		git  map[string]string
	}{
		{"no repository", nil},
		{"unknown decoration", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD, main"}},
		{"no decoration", map[string]string{"branch": "", "show -s --pretty=%D": ""}},
		{"tag of another name", map[string]string{"branch": "", "show -s --pretty=%D": "HEAD, tag: v1", "for-each-ref": ""}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := FromGit(context.Background(), Context{}, fake(c.git)); err == nil {
				t.Errorf("got %v, want an error", got.Event)
			}
		})
	}
}
