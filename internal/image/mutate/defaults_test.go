package mutate_test

import (
	"encoding/json"
	"maps"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// labelled returns an image whose author wrote labels.
func labelled(l *sourcetest.Layout, p *v1.Platform, labels map[string]string) v1.Descriptor {
	config, err := json.Marshal(map[string]any{
		"os": p.OS, "architecture": p.Architecture, "config": map[string]any{"Labels": labels},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{}},
	})
	if err != nil {
		panic(err)
	}
	return sourcetest.On(l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob(types.OCIConfigJSON, config), Layers: []v1.Descriptor{},
	}), p)
}

type pairs = map[string]string

func TestImageKeepsItsDescription(t *testing.T) {
	t.Parallel()
	one := func(l *sourcetest.Layout) v1.Descriptor { return labelled(l, amd64, pairs{"title": "My App"}) }
	two := func(first, second pairs) func(*sourcetest.Layout) v1.Descriptor {
		return func(l *sourcetest.Layout) v1.Descriptor {
			return l.Index(labelled(l, amd64, first), labelled(l, arm64, second))
		}
	}
	defaults := pairs{"title": "repository", "url": "page"}
	cases := []struct {
		name        string
		make        func(*sourcetest.Layout) v1.Descriptor
		change      mutate.Changes
		labels      pairs // of the first image
		annotations pairs // of the root
	}{
		{
			"the label of the author stays", one, mutate.Changes{Labels: pairs{"x": "y"}, DefaultLabels: defaults},
			pairs{"x": "y", "title": "My App", "url": "page"}, nil,
		},
		{
			"the label that the input names is replaced", one, mutate.Changes{Labels: pairs{"title": "input"}, DefaultLabels: pairs{"url": "page"}},
			pairs{"title": "input", "url": "page"}, nil,
		},
		{
			"an annotation has the value of the label", one, mutate.Changes{Annotations: pairs{"x": "y"}, DefaultAnnotations: defaults},
			pairs{"title": "My App"}, pairs{"x": "y", "title": "My App", "url": "page"},
		},
		{
			"an annotation has the value of the label that the input names", one,
			mutate.Changes{Labels: pairs{"title": "input"}, Annotations: pairs{"x": "y"}, DefaultAnnotations: defaults},
			pairs{"title": "input"}, pairs{"x": "y", "title": "input", "url": "page"},
		},
		{
			"an index has the label on which its images agree", two(pairs{"title": "My App", "url": "1"}, pairs{"title": "My App", "url": "2"}),
			mutate.Changes{Labels: pairs{"x": "y"}, DefaultLabels: defaults},
			pairs{"x": "y", "title": "My App", "url": "1"}, pairs{"x": "y", "title": "My App"},
		},
		{
			"an index of images without labels has the defaults", two(nil, nil),
			mutate.Changes{Annotations: pairs{"x": "y"}, DefaultAnnotations: defaults},
			nil, pairs{"x": "y", "title": "repository", "url": "page"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, c.make)
			if _, err := c.change.Apply(t.Context(), root); err != nil {
				t.Fatal(err)
			}
			exact(t, root)
			raw, err := rewrite.ReadConfig(t.Context(), image.Images(root)[0])
			if err != nil {
				t.Fatal(err)
			}
			var config v1.ConfigFile
			if err := json.Unmarshal(raw, &config); err != nil {
				t.Fatal(err)
			}
			if got := rewrite.Annotations(root.Raw); !maps.Equal(config.Config.Labels, c.labels) || !maps.Equal(got, c.annotations) {
				t.Errorf("got the labels %v and the annotations %v, want %v and %v", config.Config.Labels, got, c.labels, c.annotations)
			}
		})
	}
}
