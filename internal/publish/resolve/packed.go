package resolve

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// layerKey is a layer by what is in it and how it is packed, in OCI's words:
// the bytes are the same under Docker's.
type layerKey struct {
	diffID v1.Hash
	as     types.MediaType
}

// packed are layers as a registry says it has them. Where two of its images say
// different things of one layer, neither is believed: one of them was made to
// deceive, and which nobody can tell here.
type packed map[layerKey]v1.Descriptor

func keyOf(diffID v1.Hash, t types.MediaType) layerKey { return layerKey{diffID, image.OCIType(t)} }

// add takes the layers of one image with the digests of their plain bytes. If
// the two do not go together, nobody can tell which layer is which.
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

// layer is what the registry has for one of ours.
func (p packed) layer(b *image.Blob) (v1.Descriptor, bool) {
	layer := p[keyOf(b.DiffID, b.Descriptor.MediaType)]
	return layer, layer.Digest != (v1.Hash{})
}

// agree reports whether all layers of an image with the config of ours are
// believed.
func (p packed) agree(ours *image.Manifest, old formerImage) bool {
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
