package protect_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	const source = "https://github.com/acme/web"
	release := func(version string) protect.Stamp {
		return protect.Stamp{Source: source, Revision: "c" + version, Version: version}
	}
	build := func(commit string) protect.Stamp {
		return protect.Stamp{Source: source, Revision: commit, Version: "main"}
	}
	answer := func(status string) protect.History {
		return func(_ context.Context, base, head string) (protect.Ancestry, error) {
			if base == head || status == "" {
				return protect.Ancestry{}, errors.New("nobody knows")
			}
			return protect.Ancestry{Status: status, Ahead: 2, Behind: 1}, nil
		}
	}
	cases := []struct {
		name         string
		ours, theirs protect.Stamp
		history      protect.History
		want         protect.Order
		words        string
	}{
		{"an older version", release("1.2.4"), release("2.0.0"), nil, protect.Older, "it is at 2.0.0 (commit c2.0.0), and 1.2.4 is older"},
		{"a newer version", release("v2.0.0"), release("1.9.9"), nil, protect.Newer, "newer"},
		{"a pre-release is older than its release", release("2.0.0-rc.1"), release("2.0.0"), nil, protect.Older, "older"},
		{"versions count before commits", release("1.2.4"), release("2.0.0"), answer("ahead"), protect.Older, "older"},
		{"an older commit", build("aaaaaaaaa"), build("bbbbbbbbb"), answer("behind"), protect.Older, "main (commit bbbbbbb), 1 commit ahead of main (commit aaaaaaa)"},
		{"a newer commit", build("a"), build("b"), answer("ahead"), protect.Newer, "2 commits before"},
		{"the same commit", build("a"), build("a"), nil, protect.Same, "both are built from commit"},
		{"the same version, another commit", release("1.0.0"), protect.Stamp{Source: source, Revision: "x", Version: "1.0.0"}, answer("behind"), protect.Older, "ahead of"},
		{"histories that parted", build("a"), build("b"), answer("diverged"), protect.Unknown, "parted"},
		{"an API that does not answer", build("a"), build("b"), answer(""), protect.Unknown, "nobody knows"},
		{"nobody to ask", build("a"), build("b"), nil, protect.Unknown, "no repository"},
		{"an image that says nothing", build("a"), protect.Stamp{}, answer("behind"), protect.Unknown, "does not say"},
		{"labels of the base image", release("1.0.0"), protect.Stamp{Source: "https://github.com/docker/base", Version: "22.4.0"}, nil, protect.Unknown, "docker/base"},
		{"the source with and without .git", release("1.0.0"), protect.Stamp{Source: source + ".git/", Version: "2.0.0"}, nil, protect.Older, "older"},
		{"a version of two numbers is none", protect.Stamp{Source: source, Version: "1.2"}, protect.Stamp{Source: source, Version: "2024"}, nil, protect.Unknown, "cannot be compared"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := protect.Compare(context.Background(), c.ours, c.theirs, c.history)
			if got.Order != c.want || !strings.Contains(got.Words, c.words) {
				t.Errorf("got %d, %q; want %d, %q", got.Order, got.Words, c.want, c.words)
			}
		})
	}
}
