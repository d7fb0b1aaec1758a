package sink

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// findSharedLayers marks the layers that do not need to be sent. Docker's classic
// store identifies a layer by the diff ids of the layer and of all layers below
// it. The store reads a layer from an archive only if it has no layer with this
// identity (moby, image/tarexport/load.go). If another image of the repository
// has the same lowest layers, the archive can therefore omit these layers.
//
// An engine with containerd's store gets all layers. This store also accepts an
// archive that lacks a blob, but a container of the image could then not start.
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
		delete(d.has, b.Descriptor.Digest) // this layer is sent, even if a shared layer has the same bytes
	}
	return nil
}

// diffIDs returns the diff ids of the image's layers. It reads them from the
// config of the image. If the config has a different number of layers than the
// manifest, diffIDs returns nil. The engine then reports the problem.
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

// commonPrefix returns the number of layers that two images share. It counts from
// the lowest layer up to the first difference.
func commonPrefix(a, b []v1.Hash) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
