// Package stored reads the bundles of attestations that a registry stores as referrers of an
// image.
package stored

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
)

// maxBundles is the maximum number of bundles that Read reads. The newest entries are at the
// end of a list of referrers.
const maxBundles = 100

// maxConcurrentReads is the maximum number of bundles that Read reads concurrently.
const maxConcurrentReads = 8

// bundleType is the start of the media types of bundles.
const bundleType = "application/vnd.dev.sigstore.bundle"

// Bundle is a bundle that a registry stores.
type Bundle struct {
	Manifest v1.Hash // the digest of the manifest that contains the bundle
	Raw      []byte
	Err      error // the reason why the bundle could not be read, or nil
}

// Read returns the bundles that refer to a digest. Every user with the right to push can add
// a referrer, so a bundle that cannot be read is not an error of Read.
func Read(ctx context.Context, client *registry.Client, repo name.Repository, digest v1.Hash) ([]Bundle, error) {
	list, err := referrers.List(ctx, client, repo, digest)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(d v1.Descriptor) bool { return !mayBeBundle(d.ArtifactType) })
	if len(list) > maxBundles {
		list = list[len(list)-maxBundles:]
	}
	out := make([]Bundle, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for i, entry := range list {
		group.Go(func() error {
			raw, err := read(ctx, client, repo, entry.Digest)
			out[i] = Bundle{entry.Digest, raw, err}
			return ctx.Err()
		})
	}
	return out, group.Wait()
}

// mayBeBundle reports whether an entry with an artifact type can be a bundle. Some programs
// write the media type of the empty config, or no type.
func mayBeBundle(artifactType string) bool {
	return artifactType == "" || artifactType == "application/vnd.oci.empty.v1+json" || strings.HasPrefix(artifactType, bundleType)
}

// read reads the bundle in a manifest. A manifest of another kind has no bundle.
func read(ctx context.Context, client *registry.Client, repo name.Repository, digest v1.Hash) ([]byte, error) {
	desc, raw, err := client.Manifest(ctx, repo.Digest(digest.String()))
	if err != nil {
		return nil, err
	}
	manifest, err := document.Parse("manifest "+desc.Digest.String(), raw, desc.MediaType)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	if len(manifest.Layers) != 1 || !strings.HasPrefix(string(manifest.Layers[0].MediaType), bundleType) {
		return nil, errors.New("the manifest contains no bundle")
	}
	layer := manifest.Layers[0]
	if layer.Size > attest.MaxBundle {
		return nil, fmt.Errorf("the bundle has more than %d bytes", attest.MaxBundle)
	}
	blob, err := client.Blob(ctx, repo, layer)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	return io.ReadAll(io.LimitReader(blob, attest.MaxBundle+1))
}
