package mutate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// parseLevels parses lines such as "manifest[linux/amd64]:a=b".
func parseLevels(t *testing.T, lines ...string) []image.PlacedAnnotation {
	t.Helper()
	var out []image.PlacedAnnotation
	for _, line := range lines {
		level, pair, _ := strings.Cut(line, ":")
		level, platform, _ := strings.Cut(strings.TrimSuffix(level, "]"), "[")
		a := image.PlacedAnnotation{Level: image.Level(level)}
		a.Key, a.Value, _ = strings.Cut(pair, "=")
		if platform != "" {
			a.Platform = &parsePlatforms(t, platform)[0]
		}
		out = append(out, a)
	}
	return out
}

// places lists the annotations of a tree as "place KEY=VALUE". The places are the index,
// the manifest of a platform, and the descriptor of a platform in the index. The list
// omits the annotations of BuildKit for attestations.
func places(t *testing.T, root *image.Manifest) []string {
	t.Helper()
	var out []string
	add := func(place string, annotations map[string]string) {
		for key, value := range annotations {
			if !strings.HasPrefix(key, "vnd.docker.") {
				out = append(out, fmt.Sprintf("%s %s=%s", place, key, value))
			}
		}
	}
	for _, m := range image.Manifests(root) {
		var doc v1.IndexManifest // A manifest of an image also has the key "annotations".
		if err := json.Unmarshal(m.Raw, &doc); err != nil {
			t.Fatal(err)
		}
		place := "index"
		if !m.Index() {
			place = "manifest"
		}
		if m.Platform != nil {
			place += " " + image.PlatformString(m.Platform)
		}
		add(place, doc.Annotations)
		for _, d := range doc.Manifests {
			if d.Platform != nil {
				add("descriptor "+image.PlatformString(d.Platform), d.Annotations)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestAnnotationsWithLevels(t *testing.T) {
	t.Parallel()
	two := func(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() }
	one := func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") }
	nested := func(l *sourcetest.Layout) v1.Descriptor {
		return l.Index(l.Index(sourcetest.On(l.Image(amd64, "a"), amd64)))
	}
	cases := []struct {
		name   string
		make   func(*sourcetest.Layout) v1.Descriptor
		levels []string
		want   []string
	}{
		{"manifest of all platforms", two, []string{"manifest:a=b"}, []string{"manifest linux/amd64 a=b", "manifest linux/arm64 a=b"}},
		{"manifest of one platform", two, []string{"manifest[linux/arm64]:a=b"}, []string{"manifest linux/arm64 a=b"}},
		{"the default variant", two, []string{"manifest[linux/arm64/v8]:a=b"}, []string{"manifest linux/arm64 a=b"}},
		{"index", two, []string{"index:a=b"}, []string{"index a=b"}},
		{"the level of an index ignores the platform", two, []string{"index[linux/amd64]:a=b"}, []string{"index a=b"}},
		{"descriptor of all platforms", two, []string{"manifest-descriptor:a=b"}, []string{"descriptor linux/amd64 a=b", "descriptor linux/arm64 a=b"}},
		{"descriptor of one platform", two, []string{"manifest-descriptor[linux/amd64]:a=b"}, []string{"descriptor linux/amd64 a=b"}},
		{"descriptor of the index", two, []string{"index-descriptor:a=b"}, nil},
		{"two levels", two, []string{"index:a=b", "manifest[linux/amd64]:a=b"}, []string{"index a=b", "manifest linux/amd64 a=b"}},
		{"one platform has precedence over all platforms", two, []string{"manifest[linux/amd64]:a=one", "manifest:a=all"}, []string{"manifest linux/amd64 a=one", "manifest linux/arm64 a=all"}},
		{"the last value has precedence", two, []string{"index:a=1", "index:a=2"}, []string{"index a=2"}},
		{"a manifest and its descriptor", two, []string{"manifest[linux/amd64]:a=1", "manifest-descriptor[linux/amd64]:a=2"}, []string{"descriptor linux/amd64 a=2", "manifest linux/amd64 a=1"}},
		{"a single image", one, []string{"manifest:a=b"}, []string{"manifest linux/amd64 a=b"}},
		{"a single image for the platform", one, []string{"manifest[linux/amd64]:a=b"}, []string{"manifest linux/amd64 a=b"}},
		{"a single image has no index", one, []string{"index:a=b", "manifest:a=b"}, []string{"manifest linux/amd64 a=b"}},
		{"an index in an index", nested, []string{"index:a=1", "manifest:b=2", "manifest-descriptor:c=3"}, []string{"descriptor linux/amd64 c=3", "index a=1", "manifest linux/amd64 b=2"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, c.make)
			if _, err := (mutate.Changes{Levels: parseLevels(t, c.levels...)}).Apply(t.Context(), root); err != nil {
				t.Fatal(err)
			}
			for _, m := range image.Manifests(root) {
				exact(t, m)
			}
			if got := places(t, root); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAnnotationWithoutAPlaceIsAnError(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, level, hint string }{
		{"an index level without an index", "index:a=b", "Write manifest:a=VALUE"},
		{"a descriptor of an index without an index", "index-descriptor:a=b", "Write manifest:a=VALUE"},
		{"another platform", "manifest[linux/s390x]:a=b", "linux/amd64."},
		{"a descriptor of another platform", "manifest-descriptor[linux/s390x]:a=b", "linux/amd64."},
		{"another variant", "manifest[linux/amd64/v3]:a=b", "linux/amd64."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") })
			_, err := mutate.Changes{Levels: parseLevels(t, c.level)}.Apply(t.Context(), root)
			if !diag.Is(err, mutate.CodeAnnotationLevel) || !strings.Contains(diag.All(err)[0].Hint, c.hint) {
				t.Errorf("got %v, want a hint with %q", err, c.hint)
			}
		})
	}
}

// TestAttestationsAfterAnnotationsWithLevels changes the image of an index that has an
// attestation with a subject and an attestation without a subject.
func TestAttestationsAfterAnnotationsWithLevels(t *testing.T) {
	t.Parallel()
	make := func(l *sourcetest.Layout) v1.Descriptor {
		img := sourcetest.On(l.Image(amd64, "a"), amd64)
		return l.Index(img, l.BoundAttestation(img), l.Attestation(img))
	}
	cases := []struct {
		level, shape string
		codes        []string
	}{
		{"manifest:a=b", "(ia)", []string{"digest-changes", "attestations-left", "attestations-outdated"}},
		{"index:a=b", "(iaa)", []string{"digest-changes"}},
		{"manifest-descriptor:a=b", "(iaa)", []string{"digest-changes"}},
		{"index-descriptor:a=b", "(iaa)", []string{"annotation-descriptor"}},
	}
	for _, c := range cases {
		t.Run(c.level, func(t *testing.T) {
			t.Parallel()
			root := open(t, make)
			notices, err := mutate.Changes{Levels: parseLevels(t, c.level)}.Apply(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			if got := shape(root); got != c.shape || !slices.Equal(codes(notices), c.codes) {
				t.Errorf("got %s with %q, want %s with %q", got, codes(notices), c.shape, c.codes)
			}
			for _, entry := range root.Children[1:] {
				if about := entry.Descriptor.Annotations[image.ReferenceDigest]; c.shape == "(iaa)" && about != root.Children[0].Descriptor.Digest.String() {
					t.Errorf("an attestation describes %s", about)
				}
			}
		})
	}
}

func TestAnnotationsWithLevelsOfPendingAndDockerImages(t *testing.T) {
	t.Parallel()
	zstd, err := compress.New(compress.Zstd, 0)
	if err != nil {
		t.Fatal(err)
	}
	pending := open(t, func(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() })
	changes := mutate.Changes{Compression: zstd, Levels: parseLevels(t, "index:a=1", "manifest:b=2", "manifest-descriptor[linux/amd64]:c=3")}
	if _, err := changes.Apply(t.Context(), pending); err != nil {
		t.Fatal(err)
	}
	for i, m := range image.Manifests(pending) {
		for _, b := range m.Blobs {
			if b.Pending() {
				b.Descriptor.Digest, b.Descriptor.Size = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(fmt.Sprint(i), 64)}, 7
			}
		}
		if err := m.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := places(t, pending), []string{"descriptor linux/amd64 c=3", "index a=1", "manifest linux/amd64 b=2", "manifest linux/arm64 b=2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	docker := open(t, func(l *sourcetest.Layout) v1.Descriptor {
		return l.JSON(types.DockerManifestList, v1.IndexManifest{
			SchemaVersion: 2, MediaType: types.DockerManifestList, Manifests: []v1.Descriptor{sourcetest.On(l.Image(amd64, "a"), amd64)},
		})
	})
	notices, err := mutate.Changes{Levels: parseLevels(t, "index:a=b", "manifest-descriptor:a=b")}.Apply(t.Context(), docker)
	if err != nil || !slices.Equal(codes(notices), []string{mutate.CodeAnnotationsNeedOCI}) {
		t.Errorf("got the notices %q and the error %v", codes(notices), err)
	}
}
