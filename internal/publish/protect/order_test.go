package protect_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
)

func TestCompareOrdersVersionsBeforeCommits(t *testing.T) {
	t.Parallel()
	const source = "https://github.com/acme/web"
	release := func(version string) protect.Origin {
		return protect.Origin{Source: source, Revision: "c" + version, Version: version}
	}
	build := func(commit string) protect.Origin {
		return protect.Origin{Source: source, Revision: commit, Version: "main"}
	}
	answer := func(status string) protect.History { return history(status) }
	none := protect.NoHistory{}
	cases := []struct {
		name         string
		ours, theirs protect.Origin
		history      protect.History
		want         protect.Order
		words        string
	}{
		{"an older version", release("1.2.4"), release("2.0.0"), none, protect.Older, "the tag points at 2.0.0 (commit c2.0.0), and this image has the older version 1.2.4"},
		{"a newer version", release("v2.0.0"), release("1.9.9"), none, protect.Newer, "newer"},
		{"a pre-release is older than its release", release("2.0.0-rc.1"), release("2.0.0"), none, protect.Older, "older"},
		{"versions decide before commits", release("1.2.4"), release("2.0.0"), answer("ahead"), protect.Older, "older"},
		{"an older commit", build("aaaaaaaaa"), build("bbbbbbbbb"), answer("behind"), protect.Older, "main (commit bbbbbbb), which is 1 commit ahead of main (commit aaaaaaa)"},
		{"a newer commit", build("a"), build("b"), answer("ahead"), protect.Newer, "2 commits behind"},
		{"the same commit", build("a"), build("a"), none, protect.Same, "both images are built from"},
		{"the same version and another commit", release("1.0.0"), protect.Origin{Source: source, Revision: "x", Version: "1.0.0"}, answer("behind"), protect.Older, "ahead of"},
		{"histories that diverged", build("a"), build("b"), answer("diverged"), protect.Unknown, "diverges"},
		{"an API that does not answer", build("a"), build("b"), answer(""), protect.Unknown, "503"},
		{"a repository on another server", build("a"), build("b"), none, protect.Unknown, "not on this GitHub server"},
		{"an image without an origin", build("a"), protect.Origin{}, answer("behind"), protect.Unknown, "neither its version nor its commit"},
		{"labels of the base image", release("1.0.0"), protect.Origin{Source: "https://github.com/docker/base", Version: "22.4.0"}, none, protect.Unknown, "docker/base"},
		{"the source with and without .git", release("1.0.0"), protect.Origin{Source: source + ".git/", Version: "2.0.0"}, none, protect.Older, "older"},
		{"two numbers are not a version", protect.Origin{Source: source, Version: "1.2"}, protect.Origin{Source: source, Version: "2024"}, none, protect.Unknown, "cannot compare"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := protect.Compare(context.Background(), c.ours, c.theirs, c.history)
			if got.Order != c.want || !strings.Contains(got.Reason, c.words) {
				t.Errorf("got %d, %q; want %d, %q", got.Order, got.Reason, c.want, c.words)
			}
		})
	}
}

// history answers every comparison with the same status, or with an error if the
// status is empty. It implements [protect.History].
type history string

func (h history) Compare(_ context.Context, base, head string) (protect.Ancestry, error) {
	if base == head || h == "" {
		return protect.Ancestry{}, errors.New("503")
	}
	return protect.Ancestry{Status: string(h), Ahead: 2, Behind: 1}, nil
}
