package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/sink"
)

// writeArchive writes the root with all its manifests and blobs to an OCI archive,
// and returns the absolute path of the file. writeArchive replaces an existing file.
// A run that publishes the archive publishes the same digest as a run that publishes
// the image. writeArchive compresses pending layers twice. The first compression
// computes the digests of the layers. The second compression writes the layers to the
// archive.
func writeArchive(ctx context.Context, root *image.Manifest, file string, ref name.Reference) (path string, err error) {
	if err := completeTree(ctx, root); err != nil {
		return "", fmt.Errorf("compressing for an archive: %w", err)
	}
	to, err := sink.Open(ctx, sink.Target{Kind: sink.OCIArchive, Path: file}, sink.Image{Root: root, Reference: ref})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	blobs, err := sink.Blobs(root)
	if err != nil {
		return "", err
	}
	for _, b := range blobs {
		if err := putBlob(ctx, to, b); err != nil {
			return "", fmt.Errorf("archiving blob %s: %w", b.Descriptor.Digest, err)
		}
	}
	return to.Path(), to.Commit(ctx)
}

// putBlob writes one blob and verifies its digest.
func putBlob(ctx context.Context, to *sink.Sink, b *image.Blob) error {
	body, err := b.Open(ctx)
	if err != nil {
		return err
	}
	checked := registry.Verify(body, b.Descriptor)
	defer checked.Close() // The blob is only read, so an error of Close loses no data.
	return to.Put(ctx, b.Descriptor, checked)
}

// completeTree computes the digests of pending layers and of the manifests that
// contain these layers.
func completeTree(ctx context.Context, root *image.Manifest) error {
	for _, b := range image.Blobs(root) {
		if !b.Pending() {
			continue
		}
		if err := measure(ctx, b); err != nil {
			return err
		}
	}
	for _, m := range image.Manifests(root) {
		if err := m.Finish(); err != nil {
			return err
		}
	}
	return nil
}

// measure reads a pending layer completely, and sets its digest and size.
func measure(ctx context.Context, b *image.Blob) error {
	body, err := b.Open(ctx)
	if err != nil {
		return err
	}
	defer body.Close() // The layer is only read, so an error of Close loses no data.
	digest := sha256.New()
	size, err := io.Copy(digest, body)
	if err != nil {
		return err
	}
	b.Descriptor.Digest = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(digest.Sum(nil))}
	b.Descriptor.Size = size
	return nil
}
