package publish

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// foreignLayers decides which layers with a URL in the manifest are uploaded. With
// foreign-layers: keep, the run does not upload a layer that must not be distributed,
// even if the source has the layer (image-spec, "Non-Distributable Layers").
//
// With foreign-layers: push, the run uploads these layers. If the source does not have
// such a layer, the run reads the layer from the registry of the source. If this registry
// does not have the layer either, the run reads the layer from its URLs. With both values
// of foreign-layers, the manifest keeps the URLs, so that the digest of the manifest does
// not change.
func (r *run) foreignLayers(root *image.Manifest) {
	for _, m := range image.Manifests(root) {
		for _, b := range m.Blobs {
			restricted := isRestricted(b.Descriptor)
			switch {
			case !r.request.Changes.PushForeign:
				b.Foreign = b.Foreign || restricted
			case b.Foreign && len(b.Descriptor.URLs) > 0:
				r.fetchForeign(b)
				fallthrough
			case restricted:
				b.MayBeMissing = true
			}
		}
	}
}

// isRestricted reports whether a layer has URLs and a media type that forbids its
// distribution.
func isRestricted(d v1.Descriptor) bool {
	return len(d.URLs) > 0 && (!d.MediaType.IsDistributable() || strings.Contains(string(d.MediaType), ".foreign."))
}

// fetchForeign sets the function Open of a layer that the source does not have. Open
// reads the layer from the registry of the source. If the registry does not have the
// layer, Open reads the layer from its URLs.
func (r *run) fetchForeign(b *image.Blob) {
	desc := b.Descriptor
	from := r.request.Source.Traits().Reference
	if from != nil {
		b.MountFrom = append(b.MountFrom, from.Context())
	}
	b.Foreign = false
	b.Open = func(ctx context.Context) (io.ReadCloser, error) {
		if from != nil {
			in, err := r.Registry.Blob(ctx, from.Context(), desc)
			if !registry.IsAbsent(err) {
				return in, err
			}
		}
		in, err := pull.FetchForeign(ctx, r.Web, r.isPublic(from), desc)
		return in, explainForeign(err)
	}
}

// isPublic reports whether the URLs in a manifest must be in the public network. This is
// the case if the registry of the source is in the public network. A source on this
// machine can come from another person, so the registries of the destinations decide.
func (r *run) isPublic(source name.Reference) bool {
	if source != nil {
		return r.Registry.IsPublic(source.Context().Registry)
	}
	return slices.ContainsFunc(r.request.Destinations, func(repo name.Repository) bool { return r.Registry.IsPublic(repo.Registry) })
}

// explainForeign adds the name of the input and a hint to an error about a layer
// whose URLs do not respond.
func explainForeign(err error) error {
	var diagErr *diag.Error
	if !errors.As(err, &diagErr) || diagErr.Code != pull.CodeForeignLayer {
		return err
	}
	out := *diagErr
	out.Side, out.Input = diag.Source, "foreign-layers"
	out.Hint = "Run the step on a machine that can reach the URLs of the layer, or set foreign-layers: keep. The run then does not upload the layer."
	return &out
}
