package resolve

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// again opens a layer that a registry named and does not have: ours, which are
// the same bytes if they were compressed here then, too.
func again(ctx context.Context, ours func(context.Context) (io.ReadCloser, error), repo name.Repository, layer v1.Descriptor) (io.ReadCloser, error) {
	body, err := ours(ctx)
	if err != nil {
		return nil, err
	}
	return &replacement{ReadCloser: registry.Verify(body, layer), repo: repo, layer: layer}, nil
}

// replacement says of bytes that are others whose loss it is.
type replacement struct {
	io.ReadCloser
	repo  name.Repository
	layer v1.Descriptor
}

// Read returns the layer.
func (r *replacement) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if errors.As(err, new(*registry.WrongContent)) {
		return n, &diag.Error{
			Code: "layer-lost", Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("%s has an image with the layer %s, and no longer the layer", r.repo, r.layer.Digest),
			Hint:  "It cannot be made again from the source: another program compressed it. Delete that image on the package's page, or publish under other tags. Where a store remembers it (the Docker engine, podman), save the image to a file first (docker save) and publish that. Then all layers are sent anew.",
		}
	}
	return n, err
}
