package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

func TestOf(t *testing.T) {
	t.Parallel()
	names := []string{"source", "image", "images", "tags", "base", "visibility", "push-by-digest", "cmd"}
	for text, want := range map[string][]string{
		"sorce":                      {"source"},
		"tag":                        {"tags"},
		"TAGS":                       {"tags"},
		"image-name":                 {"image"},
		"docker-image":               {"image"},
		"image-tags":                 {"image", "tags"},
		"push_by_digest":             {"push-by-digest"},
		"visiblity":                  {"visibility"},
		"imag":                       {"image"},
		"tgas":                       {"tags"}, // two letters are swapped
		"provenance":                 nil,
		"":                           nil,
		"x":                          nil,
		strings.Repeat("image", 100): nil,
	} {
		if got := nearest.Of(text, names); !slices.Equal(got, want) {
			t.Errorf("Of(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestOfReturnsEachNameOnceAndAtMostThree(t *testing.T) {
	t.Parallel()
	if got := nearest.Of("tags", []string{"tag1", "tag2", "tag2", "tag3", "tag4"}); !slices.Equal(got, []string{"tag1", "tag2", "tag3"}) {
		t.Errorf("got %q", got)
	}
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	if got, want := nearest.Question("image-tags", []string{"image", "tags"}), "Did you mean image or tags?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := nearest.Question("x", nil); got != "" {
		t.Errorf("got %q for no name", got)
	}
}
