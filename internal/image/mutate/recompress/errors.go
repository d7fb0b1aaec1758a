package recompress

import (
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// The codes of what can be wrong with a layer, as package source has them.
const (
	codeDamaged = "source-blob-wrong"
	codeLarge   = "source-layer-too-large"
)

const hintRebuild = "Build the image again, or copy it again from where it came."

// explain says of which layer an error is.
func explain(b *image.Blob, err error) error {
	e := &diag.Error{Side: diag.Source, Err: err}
	switch {
	case errors.Is(err, compress.ErrTooLarge):
		e.Code, e.Input = codeLarge, "compression"
		e.Title = fmt.Sprintf("The layer %s is too large to be compressed again", named(b))
		e.Hint = "If it is meant to be that large, leave compression away: it is sent as it is then."
	case errors.Is(err, compress.ErrWindow):
		e.Code, e.Input = codeLarge, "compression"
		e.Title = fmt.Sprintf("The layer %s was compressed in a way (zstd --long) that takes more memory to undo than is given here", named(b))
		e.Hint = "Leave compression away: it is sent as it is then. Or compress it with a smaller window."
	case errors.Is(err, compress.ErrDamaged):
		e.Code, e.Hint = codeDamaged, hintRebuild
		e.Title = fmt.Sprintf("The layer %s cannot be decompressed", named(b))
	default:
		return fmt.Errorf("reading the layer %s to compress it again: %w", named(b), err)
	}
	return e
}

// named is a layer's digest: its own, or that of its plain bytes.
func named(b *image.Blob) v1.Hash {
	if b.Pending() {
		return b.DiffID
	}
	return b.Descriptor.Digest
}
