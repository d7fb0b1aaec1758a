package protect_test

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
)

func TestMovesSeparatesMovingTagsFromVersions(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{
		"1.2.3": false, "v1.2.3": false, "1.2.3-rc.1": false, "1.2.3-alpine": false, "1.2.3_build.5": false,
		"latest": true, "1": true, "1.2": true, "v1": true, "main": true, "pr-12": true, "nightly-2026.11.23": true, "sha-0123456": true,
	} {
		if got := protect.Moves(tag); got != want {
			t.Errorf("Moves(%q) = %t, want %t", tag, got, want)
		}
	}
}

func TestForbidsFollowsTheInputOverwrite(t *testing.T) {
	t.Parallel()
	byDefault := input.Overwrite{Versions: input.SameDigest, Moving: input.Allow}
	cases := []struct {
		name string
		o    input.Overwrite
		tag  string
		same bool
		want bool
	}{
		{"a version that would change", byDefault, "1.2.3", false, true},
		{"a version that would not change", byDefault, "1.2.3", true, false},
		{"a moving tag", byDefault, "latest", false, false},
		{"a version that may change", input.Overwrite{Versions: input.Allow, Moving: input.Never}, "1.2.3", false, false},
		{"a moving tag that may not change", input.Overwrite{Versions: input.Allow, Moving: input.Never}, "latest", true, true},
		{"a version that must not be written again", input.Overwrite{Versions: input.Never, Moving: input.Allow}, "1.2.3", true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := protect.Forbids(c.o, c.tag, c.same); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}
