package mutate_test

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

var arm64 = &v1.Platform{OS: "linux", Architecture: "arm64"}

// shape describes a tree: i is an image, a is an attestation, x is another
// manifest, and parentheses contain the children of an index.
func shape(m *image.Manifest) string {
	switch {
	case m.IsAttestation():
		return "a"
	case m.IsRunnable():
		return "i"
	case !m.Index():
		return "x"
	}
	var b strings.Builder
	for _, c := range m.Children {
		b.WriteString(shape(c))
	}
	return "(" + b.String() + ")"
}

func TestStripAttestations(t *testing.T) {
	t.Parallel()
	attested := func(l *sourcetest.Layout, p *v1.Platform) (img, attestation v1.Descriptor) {
		img = sourcetest.On(l.Image(p, p.Architecture), p)
		return img, l.Attestation(img)
	}
	cases := []struct {
		name    string
		make    func(*sourcetest.Layout) v1.Descriptor
		before  string
		after   string
		changed bool // the digest of the root changes
	}{
		{"one image", func(l *sourcetest.Layout) v1.Descriptor { return l.Image(amd64, "a") }, "i", "i", false},
		{"an index without attestations", func(l *sourcetest.Layout) v1.Descriptor {
			return l.Index(sourcetest.On(l.Image(amd64, "a"), amd64), sourcetest.On(l.Image(arm64, "b"), arm64))
		}, "(ii)", "(ii)", false},
		{"several images", func(l *sourcetest.Layout) v1.Descriptor {
			i1, a1 := attested(l, amd64)
			i2, a2 := attested(l, arm64)
			return l.Index(i1, i2, a1, a2)
		}, "(iiaa)", "(ii)", true},
		{"one image remains without the index", func(l *sourcetest.Layout) v1.Descriptor {
			return l.Index(list(attested(l, amd64))...)
		}, "(ia)", "i", true},
		{"an index with annotations stays", func(l *sourcetest.Layout) v1.Descriptor {
			return l.JSON(types.OCIImageIndex, v1.IndexManifest{
				SchemaVersion: 2, MediaType: types.OCIImageIndex, Annotations: map[string]string{"k": "v"}, Manifests: list(attested(l, amd64)),
			})
		}, "(ia)", "(i)", true},
		{"an index that has only attestations does not change", func(l *sourcetest.Layout) v1.Descriptor {
			_, a := attested(l, amd64)
			return l.Index(a)
		}, "(a)", "(a)", false},
		{"a nested index", func(l *sourcetest.Layout) v1.Descriptor {
			return l.Index(l.Index(list(attested(l, amd64))...), sourcetest.On(l.Image(arm64, "b"), arm64))
		}, "((ia)i)", "((i)i)", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, c.make)
			before := root.Descriptor.Digest
			if got := shape(root); got != c.before {
				t.Fatalf("the source has the shape %s, want %s", got, c.before)
			}
			images := image.Images(root)
			notices, err := mutate.Changes{StripAttestations: true}.Apply(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			exact(t, root)
			if got := shape(root); got != c.after {
				t.Errorf("got the shape %s, want %s", got, c.after)
			}
			for i, m := range image.Images(root) {
				if m.Descriptor.Digest != images[i].Descriptor.Digest {
					t.Errorf("image %d changed", i)
				}
			}
			changed := root.Descriptor.Digest != before
			noticed := slices.Equal(codes(notices), []string{mutate.CodeDigestChanges})
			if changed != c.changed || noticed != c.changed {
				t.Errorf("the digest changed: %t, want %t; notices %v", changed, c.changed, notices)
			}
		})
	}
}

// list returns its arguments as a list.
func list(img, attestation v1.Descriptor) []v1.Descriptor {
	return []v1.Descriptor{img, attestation}
}
