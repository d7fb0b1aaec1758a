package mutate

import (
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// CodeManifestTooLarge means that a manifest with the new labels and annotations is
// larger than the limit of registries.
const CodeManifestTooLarge = "manifest-too-large"

// The following codes report errors about a layer. Package source also reports a
// damaged layer with codeDamaged.
const (
	codeDamaged  = diag.CodeSourceBlobWrong // The content of a layer is damaged.
	codeTooLarge = "source-layer-too-large" // The decompression of a layer exceeds a limit.
)

const hintRebuild = "Build the image again, or copy it again from its origin."

// layerError adds the digest of the layer to an error of its decompression.
func layerError(b *image.Blob, err error) error {
	var e *diag.Error
	switch {
	case errors.Is(err, compress.ErrTooLarge):
		e = diag.New(codeTooLarge, diag.Source, "Remove the input compression, so that the layer is sent unchanged.", err,
			"The layer %s is too large to be compressed again", digest(b))
		e.Input = "compression"
	case errors.Is(err, compress.ErrWindow):
		e = diag.New(codeTooLarge, diag.Source, "Remove the input compression, so that the layer is sent unchanged. Or compress the layer with a smaller window.", err,
			"The decompression of the layer %s needs more memory than the limit (zstd --long)", digest(b))
		e.Input = "compression"
	case errors.Is(err, compress.ErrDamaged):
		e = diag.New(codeDamaged, diag.Source, hintRebuild, err, "The layer %s cannot be decompressed", digest(b))
	default:
		return fmt.Errorf("reading the layer %s to compress it again: %w", digest(b), err)
	}
	return e
}

// digest returns the digest of a layer. For a pending layer, the function "digest"
// returns the digest of the uncompressed layer.
func digest(b *image.Blob) v1.Hash {
	if b.Pending() {
		return b.DiffID
	}
	return b.Descriptor.Digest
}
