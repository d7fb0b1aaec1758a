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

// replacement opens the layer of the source in place of a layer that a registry lists
// but does not have. The two layers have the same bytes if this program compressed
// the missing layer.
func replacement(ctx context.Context, ours func(context.Context) (io.ReadCloser, error), repo name.Repository, layer v1.Descriptor) (io.ReadCloser, error) {
	body, err := ours(ctx)
	if err != nil {
		return nil, err
	}
	return &replacementReader{ReadCloser: registry.Verify(body, layer), repo: repo, layer: layer}, nil
}

// replacementReader reads a replacement. If the bytes of the replacement differ from
// the bytes of the missing layer, Read returns an error that names the missing layer.
type replacementReader struct {
	io.ReadCloser
	repo  name.Repository
	layer v1.Descriptor
}

// Read implements [io.Reader].
func (r *replacementReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if errors.As(err, new(*registry.WrongContent)) {
		return n, &diag.Error{
			Code: CodeLayerMissing, Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("An image in %s lists the layer %s, but the registry does not have this layer", r.repo, r.layer.Digest),
			Hint:  "Another program compressed the layer, so this program cannot produce the same bytes. Delete that image on the package's page, or publish under other tags. If the source is a Docker engine or podman, save the image to a file (docker save) and publish the file. The run then uploads all layers.",
		}
	}
	return n, err
}
