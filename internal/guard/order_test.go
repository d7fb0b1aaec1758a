package guard_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/guard"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	const source = "https://github.com/acme/web"
	release := func(version string) guard.Stamp {
		return guard.Stamp{Source: source, Revision: "c" + version, Version: version}
	}
	build := func(commit string) guard.Stamp { return guard.Stamp{Source: source, Revision: commit, Version: "main"} }
	answer := func(status string) guard.History {
		return func(_ context.Context, base, head string) (guard.Ancestry, error) {
			if base == head || status == "" {
				return guard.Ancestry{}, errors.New("nobody knows")
			}
			return guard.Ancestry{Status: status, Ahead: 2, Behind: 1}, nil
		}
	}
	cases := []struct {
		name         string
		ours, theirs guard.Stamp
		history      guard.History
		want         guard.Order
		words        string
	}{
		{"an older version", release("1.2.4"), release("2.0.0"), nil, guard.Older, "it is at 2.0.0 (commit c2.0.0), and 1.2.4 is older"},
		{"a newer version", release("v2.0.0"), release("1.9.9"), nil, guard.Newer, "newer"},
		{"a pre-release is older than its release", release("2.0.0-rc.1"), release("2.0.0"), nil, guard.Older, "older"},
		{"versions count before commits", release("1.2.4"), release("2.0.0"), answer("ahead"), guard.Older, "older"},
		{"an older commit", build("aaaaaaaaa"), build("bbbbbbbbb"), answer("behind"), guard.Older, "main (commit bbbbbbb), 1 commit ahead of main (commit aaaaaaa)"},
		{"a newer commit", build("a"), build("b"), answer("ahead"), guard.Newer, "2 commits before"},
		{"the same commit", build("a"), build("a"), nil, guard.Same, "both are built from commit"},
		{"the same version, another commit", release("1.0.0"), guard.Stamp{Source: source, Revision: "x", Version: "1.0.0"}, answer("behind"), guard.Older, "ahead of"},
		{"histories that parted", build("a"), build("b"), answer("diverged"), guard.Unknown, "parted"},
		{"an API that does not answer", build("a"), build("b"), answer(""), guard.Unknown, "nobody knows"},
		{"nobody to ask", build("a"), build("b"), nil, guard.Unknown, "no repository"},
		{"an image that says nothing", build("a"), guard.Stamp{}, answer("behind"), guard.Unknown, "does not say"},
		{"labels of the base image", release("1.0.0"), guard.Stamp{Source: "https://github.com/docker/base", Version: "22.4.0"}, nil, guard.Unknown, "docker/base"},
		{"the source with and without .git", release("1.0.0"), guard.Stamp{Source: source + ".git/", Version: "2.0.0"}, nil, guard.Older, "older"},
		{"a version of two numbers is none", guard.Stamp{Source: source, Version: "1.2"}, guard.Stamp{Source: source, Version: "2024"}, nil, guard.Unknown, "cannot be compared"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := guard.Compare(context.Background(), c.ours, c.theirs, c.history)
			if got.Order != c.want || !strings.Contains(got.Words, c.words) {
				t.Errorf("got %d, %q; want %d, %q", got.Order, got.Words, c.want, c.words)
			}
		})
	}
}
