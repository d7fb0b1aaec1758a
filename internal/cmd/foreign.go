package cmd

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// foreign decides about layers that are meant to be fetched by URL. Kept, those
// that must not be distributed are not sent, even where the source has them
// (image-spec, "Non-Distributable Layers"). Pushed, they come from the source,
// else from the registry that the source is in, else from their addresses. The
// manifest names them as before either way, so that its digest stays.
func (r *publishing) foreign(root *image.Manifest) {
	for _, m := range image.Manifests(root) {
		for _, b := range m.Blobs {
			restricted := len(b.Descriptor.URLs) > 0 && (!b.Descriptor.MediaType.IsDistributable() || strings.Contains(string(b.Descriptor.MediaType), ".foreign."))
			switch {
			case !r.config.PushForeign:
				b.Foreign = b.Foreign || restricted
			case b.Foreign && len(b.Descriptor.URLs) > 0:
				r.fetched(b)
				fallthrough
			case restricted:
				b.Loose = true
			}
		}
	}
}

// fetched makes a layer that the source does not have one that can be sent.
func (r *publishing) fetched(b *image.Blob) {
	desc := b.Descriptor
	from, _ := r.sourceReference()
	if from != nil {
		b.MountFrom = append(b.MountFrom, from.Context())
	}
	b.Foreign = false
	b.Open = func(ctx context.Context) (io.ReadCloser, error) {
		if from != nil {
			in, err := r.registry.Blob(ctx, from.Context(), desc)
			if !registry.IsAbsent(err) {
				return in, err
			}
		}
		in, err := pull.FetchForeign(ctx, r.network, desc)
		return in, unfetched(err)
	}
}

// unfetched says what to do about addresses that do not answer where an image
// is pushed.
func unfetched(err error) error {
	var known *diag.Error
	if !errors.As(err, &known) || known.Code != pull.CodeForeignLayer {
		return err
	}
	told := *known
	told.Side, told.Input = diag.Source, "foreign-layers"
	told.Hint = "Publish where these addresses can be reached, or set foreign-layers: keep, which leaves the layer there."
	return &told
}
