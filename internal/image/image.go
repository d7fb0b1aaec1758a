// Package image is what travels through the program: a tree of manifests with
// the blobs they name, as the OCI image-spec has it (index → manifests →
// config and layers; Docker's media types alike).
//
// It holds data and openers only. It does not know where content comes from
// (package source makes trees), where it goes (package registry sends blobs
// and manifests), or in which order (packages plan and publish).
package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// MaxManifestSize is the largest manifest or index accepted, in bytes: the
// 4 MiB that the distribution-spec asks registries to take at least, and that
// common registries take at most (distribution-spec, "Pushing Manifests").
const MaxManifestSize = 4 << 20

// Manifest is one node: an image manifest or an index. Everything with a
// digest is exact: Raw are the bytes that were found, never re-printed.
type Manifest struct {
	// Descriptor has the media type, digest and size of Raw. While the
	// manifest is pending its digest is the zero Hash and its size 0.
	Descriptor v1.Descriptor
	// Raw is the manifest as it will be sent; nil while pending.
	Raw []byte
	// Platform is where the image runs, from the parent index or the config;
	// nil if neither says (artifacts, attestations).
	Platform *v1.Platform
	// Children are the manifests an index names, in its order.
	Children []*Manifest
	// Blobs are config and layers of an image manifest, config first.
	Blobs []*Blob
	// HeldBy lists repositories known to hold the manifest and all below it.
	HeldBy []name.Repository

	// Assemble builds the bytes of a pending manifest from its blobs or
	// children, once each has its Descriptor; nil for a manifest that is known.
	Assemble func(*Manifest) ([]byte, error)
	// Annotations are those that a pending manifest will have.
	Annotations map[string]string
	// Bare says of a pending manifest that it names config, layers and
	// annotations, and nothing else: any manifest that names the same will do
	// in its place. Where Annotations is nil it may have some.
	Bare bool
}

// Blob is a config or a layer.
type Blob struct {
	// Descriptor is exact, except that a pending blob (a layer that is
	// compressed while it is sent) has the zero digest and size 0 until then.
	Descriptor v1.Descriptor
	// DiffID is the digest of the layer's plain tar, where known.
	DiffID v1.Hash
	// PlainSize is how many bytes a pending blob has in its source, before it
	// is compressed for sending.
	PlainSize int64
	// MountFrom lists repositories known to hold the blob, nearest first.
	MountFrom []name.Repository
	// Open starts one reading of the blob as it is to be sent. It may be
	// called again (a retry); readers are independent of each other. A
	// pending blob's reader compresses, and checks the DiffID at its end.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// Plain starts one reading of a pending blob before it is compressed,
	// unchecked; nil where the source does not have it so.
	Plain func(ctx context.Context) (io.ReadCloser, error)
	// Foreign is set for a layer that its manifest fetches by URL and that
	// registries need not hold (image-spec, non-distributable layers).
	Foreign bool
	// Loose is set for such a layer that is to be pushed all the same: a
	// repository may have the manifest without it.
	Loose bool
}

// Pending reports whether the blob's digest is known only after compression.
func (b *Blob) Pending() bool { return b.Descriptor.Digest == (v1.Hash{}) }

// MountSource is a repository of the same registry as repo, other than repo,
// that is known to hold the blob.
func (b *Blob) MountSource(repo name.Repository) (from name.Repository, ok bool) {
	for _, r := range b.MountFrom {
		if !b.Pending() && r.RegistryStr() == repo.RegistryStr() && r.RepositoryStr() != repo.RepositoryStr() {
			return r, true
		}
	}
	return name.Repository{}, false
}

// In reports whether the repository is known to hold the manifest and all
// below it.
func (m *Manifest) In(repo name.Repository) bool { return slices.Contains(m.HeldBy, repo) }

// Pending reports whether the manifest's digest waits for its blobs'.
func (m *Manifest) Pending() bool { return m.Descriptor.Digest == (v1.Hash{}) }

// Replace gives a manifest that is known other bytes. No repository is known to
// hold these.
func (m *Manifest) Replace(raw []byte) error {
	digest, err := digestOf(raw)
	m.Raw, m.HeldBy = raw, nil
	m.Descriptor.Digest, m.Descriptor.Size = digest, int64(len(raw))
	return err
}

// Settled reports whether nothing that the manifest names is pending.
func (m *Manifest) Settled() bool {
	return !slices.ContainsFunc(m.Blobs, (*Blob).Pending) && !slices.ContainsFunc(m.Children, (*Manifest).Pending)
}

// Settle gives a pending manifest its bytes and digest. Every blob and every
// child must be settled before. It does nothing for a manifest that is known.
func (m *Manifest) Settle() error {
	if !m.Pending() {
		return nil
	}
	if !m.Settled() {
		return errors.New("assembling a manifest of which a part is not compressed yet")
	}
	raw, err := m.Assemble(m)
	if err != nil {
		return fmt.Errorf("assembling the manifest: %w", err)
	}
	if len(raw) > MaxManifestSize {
		return fmt.Errorf("assembling the manifest: it has %d bytes, and registries take %d", len(raw), MaxManifestSize)
	}
	m.Raw = raw
	m.Descriptor.Size = int64(len(raw))
	m.Descriptor.Digest, err = digestOf(raw)
	return err
}

// Index reports whether the node has the media type of an index or of
// Docker's manifest list.
func (m *Manifest) Index() bool { return m.Descriptor.MediaType.IsIndex() }
