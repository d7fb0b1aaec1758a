package sink

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// share finds the layers that need not be sent. Docker's classic store knows a
// layer by all the diff ids up to it, and reads it from an archive only if it
// has no layer of that history (moby, image/tarexport/load.go); so that what
// another image of the repository begins with may be missing there. In
// containerd's store an archive that lacks a blob would be taken in, and an
// image that cannot start be the result: there all is sent.
func (d *engineArchive) share(ctx context.Context) error {
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
		longest = max(longest, common(layers, other.RootFS.Layers))
	}
	blobs := d.image.Root.Blobs[1:]
	for _, b := range blobs[:longest] {
		d.has[b.Descriptor.Digest] = true
	}
	for _, b := range blobs[longest:] {
		delete(d.has, b.Descriptor.Digest) // the same bytes once more, higher up
	}
	return nil
}

// diffIDs reads those of the image's layers from its config; none where the
// two do not go together, which is for the engine to say.
func (d *engineArchive) diffIDs(ctx context.Context) ([]v1.Hash, error) {
	if d.image.Root.Blobs[0].Descriptor.Size > image.MaxConfig {
		return nil, nil
	}
	raw, err := rewrite.Config(ctx, d.image.Root)
	if err != nil {
		return nil, err
	}
	diffIDs := image.DiffIDs(raw)
	if len(diffIDs) != len(d.image.Root.Blobs)-1 {
		return nil, nil
	}
	return diffIDs, nil
}

// common is how many layers two images begin with alike.
func common(a, b []v1.Hash) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
