// Package archive leaves an image behind that may not be published here: as an
// OCI archive, for a job that may. It reads the source as publishing would,
// and gives the digest that publishing the archive will give.
//
// How an archive is written is package sink's part.
package archive

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

// Write writes the tree below root to the file, which it replaces, and
// returns its absolute path. Pending layers are compressed for their digests
// first, and again as they are written; afterwards nothing is pending.
func Write(ctx context.Context, root *image.Manifest, file string, ref name.Reference) (path string, err error) {
	if err := settle(ctx, root); err != nil {
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
		if err := put(ctx, to, b); err != nil {
			return "", fmt.Errorf("archiving blob %s: %w", b.Descriptor.Digest, err)
		}
	}
	return to.Path(), to.Commit(ctx)
}

func put(ctx context.Context, to *sink.Sink, b *image.Blob) error {
	body, err := b.Open(ctx)
	if err != nil {
		return err
	}
	checked := registry.Verify(body, b.Descriptor)
	defer checked.Close() // read only: nothing is lost
	return to.Put(ctx, b.Descriptor, checked)
}

// settle gives pending layers, and the manifests that wait for them, their
// digests.
func settle(ctx context.Context, root *image.Manifest) error {
	for _, b := range image.Blobs(root) {
		if !b.Pending() {
			continue
		}
		if err := measure(ctx, b); err != nil {
			return err
		}
	}
	for _, m := range image.Manifests(root) {
		if err := m.Settle(); err != nil {
			return err
		}
	}
	return nil
}

// measure reads a pending layer once.
func measure(ctx context.Context, b *image.Blob) error {
	body, err := b.Open(ctx)
	if err != nil {
		return err
	}
	defer body.Close() // read only: nothing is lost
	digest := sha256.New()
	size, err := io.Copy(digest, body)
	if err != nil {
		return err
	}
	b.Descriptor.Digest = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(digest.Sum(nil))}
	b.Descriptor.Size = size
	return nil
}
