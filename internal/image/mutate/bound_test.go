package mutate_test

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// TestAttestationsWithASubjectDoNotStayWithAChangedImage changes the images of an index
// that has an attestation with a subject and an attestation without a subject.
func TestAttestationsWithASubjectDoNotStayWithAChangedImage(t *testing.T) {
	t.Parallel()
	make := func(l *sourcetest.Layout) v1.Descriptor {
		img := sourcetest.On(l.Image(amd64, "a"), amd64)
		return l.Index(img, l.BoundAttestation(img), l.Attestation(img))
	}
	method := func(f compress.Format) compress.Method {
		m, err := compress.New(f, 0)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	cases := []struct {
		name    string
		changes mutate.Changes
		shape   string
		codes   []string
	}{
		{"labels", mutate.Changes{Labels: map[string]string{"a": "b"}}, "(ia)", []string{"digest-changes", "attestations-left", "attestations-outdated"}},
		{"compression", mutate.Changes{Compression: method(compress.Zstd)}, "(ia)", []string{"digest-changes", "attestations-left", "attestations-outdated"}},
		{"both", mutate.Changes{Labels: map[string]string{"a": "b"}, Compression: method(compress.Zstd)}, "(ia)", []string{"digest-changes", "attestations-left", "attestations-outdated"}},
		{"annotations of the index", mutate.Changes{Annotations: map[string]string{"a": "b"}}, "(iaa)", []string{"digest-changes"}},
		{"the same compression", mutate.Changes{Compression: method(compress.Gzip)}, "(iaa)", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, make)
			notices, err := c.changes.Apply(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, n := range notices {
				codes = append(codes, n.Code)
				if n.Code == mutate.CodeAttestationsLeft && !strings.Contains(n.Text, "1 attestation ") {
					t.Errorf("the notice does not contain the number: %s", n.Text)
				}
			}
			if got := shape(root); got != c.shape || !slices.Equal(codes, c.codes) {
				t.Errorf("got %s with %q, want %s with %q", got, codes, c.shape, c.codes)
			}
		})
	}
}
