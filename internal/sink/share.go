package sink

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// findSharedLayers finds the layers that the archive can omit, because the engine already
// has them. Docker's classic store identifies a layer by the diff ids of the layer and of
// all layers below it. The engine reads a layer from an archive only if the store does
// not have this layer (moby, image/tarexport/load.go). Therefore, the archive can omit
// the lowest layers that another image of the same repository also has.
//
// For an engine with containerd's store, the archive contains all layers. This
// store would accept an archive in which a layer is missing, but no container of the
// image could start.
func (d *engineArchive) findSharedLayers(ctx context.Context) error {
	if d.engine.Store != docker.Classic {
		return nil
	}
	others, err := d.engine.ImagesOf(ctx, d.image.Reference.Context())
	if err != nil || len(others) == 0 {
		return err
	}
	layers, err := d.diffIDs(ctx)
	if err != nil {
		return err
	}
	longest := 0
	for _, other := range others {
		longest = max(longest, commonPrefix(layers, other.RootFS.Layers))
	}
	blobs := d.image.Root.Blobs[1:]
	for _, b := range blobs[:longest] {
		d.has[b.Descriptor.Digest] = true
	}
	for _, b := range blobs[longest:] {
		delete(d.has, b.Descriptor.Digest) // The engine needs this layer, even if a shared layer has the same bytes.
	}
	return nil
}

// diffIDs reads the diff ids of all layers from the config of the image. If the
// config and the manifest have different numbers of layers, diffIDs returns
// nil. In this case, the Docker engine reports the error.
func (d *engineArchive) diffIDs(ctx context.Context) ([]v1.Hash, error) {
	if d.image.Root.Blobs[0].Descriptor.Size > image.MaxConfig {
		return nil, nil
	}
	raw, err := rewrite.ReadConfig(ctx, d.image.Root)
	if err != nil {
		return nil, err
	}
	diffIDs := image.DiffIDs(raw)
	if len(diffIDs) != len(d.image.Root.Blobs)-1 {
		return nil, nil
	}
	return diffIDs, nil
}

// commonPrefix returns the number of equal layers at the beginning of two
// lists. The lowest layer of an image comes first.
func commonPrefix(a, b []v1.Hash) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
