package resolve

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// layerKey identifies a layer by its content and its compression. The key always
// contains the OCI media type, because a layer with the corresponding Docker media
// type has the same bytes.
type layerKey struct {
	diffID v1.Hash
	as     types.MediaType
}

// packed maps layers to the compressed layers that a registry has. Two images in the
// registry can state different compressed layers for one uncompressed layer. The run
// uses neither compressed layer, because one of the two images may be forged.
type packed map[layerKey]v1.Descriptor

func keyOf(diffID v1.Hash, t types.MediaType) layerKey { return layerKey{diffID, image.OCIType(t)} }

// add adds the layers of one image with their diff ids. add ignores an image whose
// number of diff ids differs from its number of layers.
func (p packed) add(diffIDs []v1.Hash, layers []v1.Descriptor) {
	if len(diffIDs) != len(layers) {
		return
	}
	for i, layer := range layers {
		key := keyOf(diffIDs[i], layer.MediaType)
		if before, met := p[key]; met && before.Digest != layer.Digest {
			layer = v1.Descriptor{}
		}
		if layer.Size <= 0 || len(layer.URLs) > 0 || !layer.MediaType.IsDistributable() {
			layer = v1.Descriptor{}
		}
		p[key] = layer
	}
}

// layer returns the compressed layer in the registry that has the same content as a
// layer of the root.
func (p packed) layer(b *image.Blob) (v1.Descriptor, bool) {
	layer := p[keyOf(b.DiffID, b.Descriptor.MediaType)]
	return layer, layer.Digest != (v1.Hash{})
}

// agree compares the image of this run with a previous image that has the same config.
// agree reports whether the layers of both images have the same digests. For a pending
// layer of this run, agree uses the digest in the map p.
func (p packed) agree(ours *image.Manifest, old previousImage) bool {
	for i, layer := range old.Layers {
		digest := ours.Blobs[i+1].Descriptor.Digest
		if ours.Blobs[i+1].Pending() {
			digest = p[keyOf(ours.Blobs[i+1].DiffID, layer.MediaType)].Digest
		}
		if digest != layer.Digest {
			return false
		}
	}
	return true
}
