package inspect_test

import (
	"errors"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// opened returns the tree of an image in the files at a path.
func opened(t *testing.T, path string) *image.Manifest {
	t.Helper()
	s, err := source.Open(t.Context(), path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Root
}

// stored returns the tree of an image. The function make adds the image to an OCI
// layout.
func stored(t *testing.T, make func(*sourcetest.Layout) v1.Descriptor) *image.Manifest {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(make(l))
	return opened(t, sourcetest.Dir(t, l.Files()))
}

func described(t *testing.T, root *image.Manifest) *inspect.View {
	t.Helper()
	v, err := inspect.Describe(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDescribeCountsAllManifestsAndBlobsOfAnIndex(t *testing.T) {
	t.Parallel()
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() })
	v := described(t, root)
	if v.Digest != root.Descriptor.Digest.String() || string(v.Manifest) != string(root.Raw) || v.Manifests != 5 {
		t.Errorf("got %+v", v)
	}
	var size int64
	for _, m := range image.Manifests(root) {
		size += m.Descriptor.Size
	}
	for _, b := range image.Blobs(root) {
		size += b.Descriptor.Size
	}
	if v.Size != size || v.Blobs != len(image.Blobs(root)) {
		t.Errorf("got %d bytes in %d blobs, want %d bytes in %d blobs", v.Size, v.Blobs, size, len(image.Blobs(root)))
	}
	attested := map[string]bool{}
	for _, i := range v.Images {
		attested[i.Attests] = true
		if i.Config == nil || i.Manifest == nil || len(i.Layers) == 0 {
			t.Errorf("got %+v", i)
		}
	}
	for _, i := range v.Images {
		if i.Platform.OS == "linux" && !attested[i.Digest] {
			t.Errorf("%s has no attestation", i.Digest)
		}
	}
}

func TestDescribeDoesNotCompressASavedImage(t *testing.T) {
	t.Parallel()
	v := described(t, opened(t, sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one", "two")))))
	if v.Digest != "" || v.Manifest != nil || len(v.Images) != 1 {
		t.Fatalf("got %+v", v)
	}
	i := v.Images[0]
	if i.Config == nil || len(i.Layers) != 2 || i.Layers[0].Digest != "" || i.Layers[0].PlainSize == 0 || i.Layers[0].DiffID == "" {
		t.Errorf("got %+v", i)
	}
}

func TestDescribeReturnsTheTypeAndSubjectOfAnArtifact(t *testing.T) {
	t.Parallel()
	var subject v1.Descriptor
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor {
		subject = l.Image(sourcetest.AMD64, "one")
		return l.JSON(types.OCIManifestSchema1, map[string]any{
			"schemaVersion": 2, "mediaType": types.OCIManifestSchema1, "artifactType": "application/vnd.example", "subject": subject,
			"annotations": map[string]string{"key": "value"},
			"config":      l.Blob("application/vnd.oci.empty.v1+json", []byte("{}")),
			"layers":      []v1.Descriptor{l.Blob("text/plain", []byte("hello"))},
		})
	})
	v := described(t, root)
	if v.ArtifactType != "application/vnd.example" || v.Subject != subject.Digest.String() || v.Annotations["key"] != "value" || string(v.Images[0].Config) != "{}" {
		t.Errorf("got %+v", v)
	}
}

func TestDescribeOmitsAConfigThatIsNotJSON(t *testing.T) {
	t.Parallel()
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor {
		return l.JSON(types.OCIManifestSchema1, v1.Manifest{
			SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob("application/octet-stream", []byte{0, 1}), Layers: []v1.Descriptor{},
		})
	})
	if v := described(t, root); v.Images[0].Config != nil {
		t.Errorf("got %q", v.Images[0].Config)
	}
}

func TestDescribeFailsForADamagedConfig(t *testing.T) {
	t.Parallel()
	root := stored(t, func(l *sourcetest.Layout) v1.Descriptor { return l.Image(sourcetest.AMD64, "one") })
	root.Blobs[0].Descriptor.Digest.Hex = strings.Repeat("0", 64)
	var wrong *registry.WrongContent
	if _, err := inspect.Describe(t.Context(), root); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
}
