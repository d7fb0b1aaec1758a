package mutate_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestAnnotations(t *testing.T) {
	t.Parallel()
	annotated := func(t types.MediaType) func(*sourcetest.Layout) v1.Descriptor {
		return func(l *sourcetest.Layout) v1.Descriptor {
			return l.JSON(t, v1.IndexManifest{
				SchemaVersion: 2, MediaType: t, Annotations: map[string]string{"k": "old", "kept": "1"},
				Manifests: []v1.Descriptor{sourcetest.On(l.Image(amd64, "a"), amd64)},
			})
		}
	}
	cases := []struct {
		name   string
		make   func(*sourcetest.Layout) v1.Descriptor
		change mutate.Changes
		want   string // the annotations of the root
		codes  []string
	}{
		{"no change", annotated(types.OCIImageIndex), mutate.Changes{}, `{"k":"old","kept":"1"}`, nil},
		{
			"an index keeps its other annotations", annotated(types.OCIImageIndex),
			mutate.Changes{Annotations: map[string]string{"k": "new", "added": "<&>"}},
			`{"added":"<&>","k":"new","kept":"1"}`, []string{mutate.CodeDigestChanges},
		},
		{
			"the labels of an index become annotations, but the given annotations have precedence", annotated(types.OCIImageIndex),
			mutate.Changes{Labels: map[string]string{"k": "label", "l": "label"}, Annotations: map[string]string{"k": "new"}},
			`{"k":"new","kept":"1","l":"label"}`, []string{mutate.CodeDigestChanges},
		},
		{
			"an image", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") },
			mutate.Changes{Annotations: map[string]string{"k": "v"}}, `{"k":"v"}`, []string{mutate.CodeDigestChanges},
		},
		{
			"the labels of an image do not become annotations", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") },
			mutate.Changes{Labels: map[string]string{"k": "v"}}, `null`, []string{mutate.CodeDigestChanges},
		},
		{
			"an index of Docker cannot have annotations", annotated(types.DockerManifestList),
			mutate.Changes{Annotations: map[string]string{"k": "v"}}, `{"k":"old","kept":"1"}`, []string{mutate.CodeAnnotationsNeedOCI},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, c.make)
			notices, err := c.change.Apply(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			exact(t, root)
			var doc struct {
				Annotations json.RawMessage `json:"annotations"`
			}
			if err := json.Unmarshal(root.Raw, &doc); err != nil {
				t.Fatal(err)
			}
			got := string(doc.Annotations)
			if got == "" {
				got = "null"
			}
			if got != c.want || !slices.Equal(codes(notices), c.codes) {
				t.Errorf("got %s with the notices %q, want %s with %q", got, codes(notices), c.want, c.codes)
			}
		})
	}
}

func TestAnnotationsOfAPendingImage(t *testing.T) {
	t.Parallel()
	zstd, err := compress.New(compress.Zstd, 0)
	if err != nil {
		t.Fatal(err)
	}
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor {
		plain := sourcetest.LayerTar(t, "layer")
		return l.JSON(types.OCIManifestSchema1, v1.Manifest{
			SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Annotations: map[string]string{"k": "old", "kept": "1"},
			Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, amd64, plain)),
			Layers: []v1.Descriptor{l.Blob(types.OCILayer, sourcetest.Gzip(plain))},
		})
	})
	if _, err := (mutate.Changes{Compression: zstd, Annotations: map[string]string{"k": "new"}}).Apply(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	layer := &root.Blobs[1].Descriptor
	layer.Digest, layer.Size = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}, 7
	if err := root.Finish(); err != nil {
		t.Fatal(err)
	}
	exact(t, root)
	var doc v1.Manifest
	if err := json.Unmarshal(root.Raw, &doc); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"k": "new", "kept": "1"}; !maps.Equal(doc.Annotations, want) || doc.Layers[0].Digest != layer.Digest || doc.Layers[0].Size != 7 {
		t.Errorf("got %s, want the annotations %v and the layer %s", root.Raw, want, layer.Digest)
	}
}

func TestAnnotationsThatTheImageHasChangeNoBytes(t *testing.T) {
	t.Parallel()
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor {
		m := sourcetest.On(l.Image(amd64, "a"), amd64)
		m.Annotations = map[string]string{"d": "1"}
		return l.JSON(types.OCIImageIndex, v1.IndexManifest{
			SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: map[string]string{"k": "1", "kept": "1"}, Manifests: []v1.Descriptor{m},
		})
	})
	before := root.Descriptor.Digest
	changes := mutate.Changes{Annotations: map[string]string{"k": "1"}, Levels: []image.PlacedAnnotation{
		{Level: image.LevelIndex, Key: "kept", Value: "1"}, {Level: image.LevelManifestDescriptor, Key: "d", Value: "1"},
	}}
	if _, err := changes.Apply(t.Context(), root); err != nil || root.Descriptor.Digest != before {
		t.Errorf("the digest is %s, want %s (%v)", root.Descriptor.Digest, before, err)
	}
}
