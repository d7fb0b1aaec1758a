package mutate_test

import (
	"encoding/json"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

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
			"labels of an index are annotations, and annotations have precedence", annotated(types.OCIImageIndex),
			mutate.Changes{Labels: map[string]string{"k": "label", "l": "label"}, Annotations: map[string]string{"k": "new"}},
			`{"k":"new","kept":"1","l":"label"}`, []string{mutate.CodeDigestChanges},
		},
		{
			"an image", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") },
			mutate.Changes{Annotations: map[string]string{"k": "v"}}, `{"k":"v"}`, []string{mutate.CodeDigestChanges},
		},
		{
			"labels of an image are not annotations", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") },
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
