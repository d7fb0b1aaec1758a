package mutate_test

import (
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// layered returns a function that writes an image with one layer of the given
// media type. The argument diffs is the number of layer digests in the config.
func layered(t *testing.T, manifest, layer types.MediaType, raw func([]byte) []byte, annotations map[string]string, diffs int) func(*sourcetest.Layout) v1.Descriptor {
	plain := sourcetest.LayerTar(t, "layer")
	return func(l *sourcetest.Layout) v1.Descriptor {
		d := l.Blob(layer, raw(plain))
		d.Annotations = annotations
		config := types.OCIConfigJSON
		if manifest == types.DockerManifestSchema2 {
			config = types.DockerConfigJSON
		}
		return l.JSON(manifest, v1.Manifest{
			SchemaVersion: 2, MediaType: manifest, Layers: []v1.Descriptor{d},
			Config: l.Blob(config, sourcetest.Config(t, amd64, slices.Repeat([][]byte{plain}, diffs)...)),
		})
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	method := func(f compress.Format) compress.Method {
		m, err := compress.New(f, 0)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	gzip, zstd := method(compress.Gzip), method(compress.Zstd)
	unchanged := func(raw []byte) []byte { return raw }
	cases := []struct {
		name     string
		make     func(*sourcetest.Layout) v1.Descriptor
		method   compress.Method
		manifest types.MediaType
		layer    types.MediaType
		pending  bool
		codes    []string
	}{
		{
			"gzip to zstd", layered(t, types.OCIManifestSchema1, types.OCILayer, sourcetest.Gzip, nil, 1), zstd,
			types.OCIManifestSchema1, types.OCILayerZStd, true, []string{mutate.CodeDigestChanges},
		},
		{
			"a layer with the format keeps its bytes", layered(t, types.OCIManifestSchema1, types.OCILayer, sourcetest.Gzip, nil, 1), gzip,
			types.OCIManifestSchema1, types.OCILayer, false, nil,
		},
		{
			"an uncompressed layer", layered(t, types.OCIManifestSchema1, types.OCIUncompressedLayer, unchanged, nil, 1), gzip,
			types.OCIManifestSchema1, types.OCILayer, true, []string{mutate.CodeDigestChanges},
		},
		{
			"an image of Docker becomes OCI with zstd", layered(t, types.DockerManifestSchema2, types.DockerLayer, sourcetest.Gzip, nil, 1), zstd,
			types.OCIManifestSchema1, types.OCILayerZStd, true, []string{mutate.CodeDigestChanges},
		},
		{
			"an image of Docker keeps its media types with gzip", layered(t, types.DockerManifestSchema2, types.DockerUncompressedLayer, unchanged, nil, 1), gzip,
			types.DockerManifestSchema2, types.DockerLayer, true, []string{mutate.CodeDigestChanges},
		},
		{
			"a layer with a table of contents", layered(t, types.OCIManifestSchema1, types.OCILayer, sourcetest.Gzip, map[string]string{"containerd.io/snapshot/stargz/toc.digest": "x"}, 1), zstd,
			types.OCIManifestSchema1, types.OCILayer, false, []string{mutate.CodeLayersIndexed},
		},
		{
			"a config without the digest of the layer", layered(t, types.OCIManifestSchema1, types.OCILayer, sourcetest.Gzip, nil, 0), zstd,
			types.OCIManifestSchema1, types.OCILayer, false, []string{mutate.CodeLayersUnknown},
		},
		{
			"a layer that is not a tar", layered(t, types.OCIManifestSchema1, "application/vnd.acme.layer", sourcetest.Gzip, nil, 1), zstd,
			types.OCIManifestSchema1, "application/vnd.acme.layer", false, nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := open(t, c.make)
			config := root.Blobs[0].Descriptor.Digest
			notices, err := mutate.Changes{Compression: c.method}.Apply(t.Context(), root)
			if err != nil {
				t.Fatal(err)
			}
			if root.Descriptor.MediaType != c.manifest || root.Blobs[1].Descriptor.MediaType != c.layer ||
				root.Pending() != c.pending || root.Blobs[1].Pending() != c.pending || root.Blobs[0].Descriptor.Digest != config {
				t.Errorf("got %s with the layer %s, pending: %t", root.Descriptor.MediaType, root.Blobs[1].Descriptor.MediaType, root.Pending())
			}
			if !slices.Equal(codes(notices), c.codes) {
				t.Errorf("the notices are %q, want %q", codes(notices), c.codes)
			}
		})
	}
}

func TestALayerOfTwoImagesIsCompressedOnce(t *testing.T) {
	t.Parallel()
	zstd, err := compress.New(compress.Zstd, 0)
	if err != nil {
		t.Fatal(err)
	}
	root := open(t, func(l *sourcetest.Layout) v1.Descriptor {
		one, two := sourcetest.On(l.Image(amd64, "shared", "a"), amd64), sourcetest.On(l.Image(arm64, "shared", "b"), arm64)
		return l.Index(one, two, l.Attestation(one))
	})
	notices, err := mutate.Changes{Compression: zstd}.Apply(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	images := image.Images(root)
	if images[0].Blobs[1] != images[1].Blobs[1] || images[0].Blobs[2] == images[1].Blobs[2] || !root.Pending() {
		t.Errorf("the layers are %v and %v", images[0].Blobs[1:], images[1].Blobs[1:])
	}
	if want := []string{mutate.CodeDigestChanges, mutate.CodeAttestationsOutdated}; !slices.Equal(codes(notices), want) {
		t.Errorf("the notices are %q, want %q", codes(notices), want)
	}
}
