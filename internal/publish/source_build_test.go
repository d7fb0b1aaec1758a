package publish

import (
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/source/dockerfile"
)

func TestTheBuilderGetsTheAnnotationsWhosePlacesAreKnown(t *testing.T) {
	t.Parallel()
	arm := &v1.Platform{OS: "linux", Architecture: "arm64"}
	placed := []image.PlacedAnnotation{{Level: image.LevelManifest, Key: "b", Value: "2"}, {Level: image.LevelIndex, Key: "c", Value: "3"}}
	cases := []struct {
		name, written string
		title         bool // the user wrote the title
		strip         bool
		platforms     []string
		placed        []image.PlacedAnnotation
		want          []string
	}{
		{name: "no input"},
		{name: "one manifest", written: "a=1", strip: true, want: []string{"manifest:a=1"}},
		{name: "possibly an index with an attestation", written: "a=1"},
		{name: "an index", written: "a=1", platforms: []string{"linux/amd64", "linux/arm64"}, want: []string{"index:a=1"}},
		{name: "a title that the user wrote", written: "x", title: true, strip: true, want: []string{"manifest:a=1", "manifest:org.opencontainers.image.title=web"}},
		{name: "levels", written: "x", placed: placed, want: []string{"manifest:b=2"}},
		{name: "levels of an index", written: "x", platforms: []string{"linux/amd64", "linux/arm64"}, placed: placed, want: []string{"manifest:b=2", "index:c=3", "index:a=1"}},
		{name: "a platform", written: "x", platforms: []string{"linux/arm64"}, placed: []image.PlacedAnnotation{{Level: image.LevelManifest, Platform: arm, Key: "b", Value: "2"}}, want: []string{"manifest[linux/arm64]:b=2"}},
		{name: "a platform that is not built", written: "x", placed: []image.PlacedAnnotation{{Level: image.LevelManifest, Platform: arm, Key: "b", Value: "2"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &BuildSource{Annotations: c.written, Strip: c.strip, Request: dockerfile.Request{Platforms: c.platforms}}
			all := meta.Result{Placed: c.placed, Annotations: []meta.Pair{{Key: "a", Value: "1"}, {Key: meta.KeyTitle, Value: "web", Written: c.title}}}
			if got := s.annotations(all, nil); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
