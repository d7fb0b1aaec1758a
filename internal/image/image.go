// Package image contains the data model of the program, which is a tree of
// manifests and their blobs. The tree has the structure that the OCI image-spec
// defines. An index lists manifests, and a manifest lists a config and layers.
// An image with Docker's media types has a tree of the same structure.
//
// The package contains only data types and functions that open blobs. The Go package
// "source" builds trees, the package "plan" decides the order of a push, and the
// package "registry" sends blobs and manifests.
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

// MaxManifestSize is the largest accepted size of a manifest or index, in bytes.
// The distribution-spec requires registries to accept at least 4 MiB, and common
// registries accept at most 4 MiB (distribution-spec, "Pushing Manifests").
const MaxManifestSize = 4 << 20

// Manifest is one node of the tree. A Manifest is an image manifest or an index.
// A manifest is pending while its digest is unknown, because one of its layers
// is not compressed yet. For a manifest that is not pending, Raw contains
// exactly the bytes of the source, unless Replace changed the bytes.
type Manifest struct {
	// Descriptor has the media type, digest and size of Raw. For a pending
	// manifest, the digest is the zero Hash and the size is 0.
	Descriptor v1.Descriptor
	// Raw contains the bytes to send. Raw is nil for a pending manifest.
	Raw []byte
	// Platform is the platform of the image. The parent index or the config states the
	// platform. If neither the parent index nor the config states a platform, Platform is
	// nil, for example for an artifact.
	Platform *v1.Platform
	// Children are the manifests that an index lists, in the order of the
	// index.
	Children []*Manifest
	// Blobs are the config and the layers of an image manifest. The config is
	// the first element.
	Blobs []*Blob
	// Repositories lists the repositories that are known to have the manifest
	// and everything below it.
	Repositories []name.Repository

	// Assemble builds the bytes of a pending manifest from its blobs or
	// children. Before a call of Assemble, all blobs and all children must have
	// a digest. Assemble is nil for a manifest that was never pending.
	Assemble func(*Manifest) ([]byte, error)
	// Annotations are the annotations that a pending manifest gets when Assemble
	// writes its bytes.
	Annotations map[string]string
	// Replaceable is true if a pending manifest has only a config, layers and
	// annotations. Every manifest with the same config, layers and annotations
	// can replace this manifest. If Annotations is nil, a replacement with any
	// annotations is accepted.
	Replaceable bool
}

// Blob is a config or a layer.
type Blob struct {
	// Descriptor describes the bytes to send. A pending blob is a layer that is
	// compressed while it is sent. Before the compression, the digest of a
	// pending blob is the zero Hash and the size is 0.
	Descriptor v1.Descriptor
	// DiffID is the digest of the uncompressed tar of a layer. DiffID is the
	// zero Hash if the digest is unknown.
	DiffID v1.Hash
	// PlainSize is the size of a pending blob in its source, in bytes.
	PlainSize int64
	// MountFrom lists repositories that are known to have the blob. The
	// preferred repository is the first element.
	MountFrom []name.Repository
	// Content contains the bytes of a config if the program has already read the
	// config. Content is nil if the program has not read the config.
	Content []byte
	// Absent is true if the source lists the blob but does not contain it. The
	// program can publish an image with an absent blob only if the registry has
	// the blob.
	Absent bool
	// Open returns a reader of the bytes to send. A retry calls Open again.
	// Each reader is independent of the other readers. The reader of a pending
	// blob compresses the layer, and verifies the DiffID at the end.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// Plain returns a reader of the uncompressed bytes of a pending blob. The
	// reader does not verify the DiffID. Plain is nil if the source has only
	// compressed bytes.
	Plain func(ctx context.Context) (io.ReadCloser, error)
	// Foreign is true for a layer that clients download from a URL in the manifest. A
	// registry does not have to contain a foreign layer (image-spec, non-distributable
	// layers).
	Foreign bool
	// MayBeMissing is true for a non-distributable layer that the program
	// pushes. A repository can have the manifest of the image without this
	// layer.
	MayBeMissing bool
}

// Pending reports whether the digest of the blob is unknown, because the blob is
// not compressed yet.
func (b *Blob) Pending() bool { return b.Descriptor.Digest == (v1.Hash{}) }

// Identity identifies the content of a blob, so that the blobs of several images can be
// compared. The digest of a pending blob is unknown. Its uncompressed digest identifies
// the content, if all images are compressed in the same way.
type Identity struct {
	Digest  v1.Hash
	Pending bool
}

// Known reports whether the identity contains a digest.
func (i Identity) Known() bool { return i.Digest != (v1.Hash{}) }

// Identity returns the identity of the content of the blob.
func (b *Blob) Identity() Identity {
	if b.Pending() {
		return Identity{b.DiffID, true}
	}
	return Identity{b.Descriptor.Digest, false}
}

// MountSource returns a repository that is known to have the blob. The returned
// repository is on the same registry as repo, but is not repo itself. If no other
// repository is known to have the blob, the result "ok" is false.
func (b *Blob) MountSource(repo name.Repository) (from name.Repository, ok bool) {
	for _, r := range b.MountFrom {
		if !b.Pending() && r.RegistryStr() == repo.RegistryStr() && r.RepositoryStr() != repo.RepositoryStr() {
			return r, true
		}
	}
	return name.Repository{}, false
}

// In reports whether the program knows that the repository has the manifest and
// everything below it.
func (m *Manifest) In(repo name.Repository) bool { return slices.Contains(m.Repositories, repo) }

// Pending reports whether the digest of the manifest is not known yet.
func (m *Manifest) Pending() bool { return m.Descriptor.Digest == (v1.Hash{}) }

// Unread reports whether only the descriptor of the manifest is known, because the
// source did not read the manifest.
func (m *Manifest) Unread() bool { return !m.Pending() && m.Raw == nil }

// Replace replaces the bytes of a manifest that is not pending. Replace clears
// Repositories, because no repository is known to have the new bytes.
func (m *Manifest) Replace(raw []byte) error {
	digest, err := digestOf(raw)
	m.Raw, m.Repositories = raw, nil
	m.Descriptor.Digest, m.Descriptor.Size = digest, int64(len(raw))
	return err
}

// PartsKnown reports whether the digests of all blobs and of all children are known.
func (m *Manifest) PartsKnown() bool {
	return !slices.ContainsFunc(m.Blobs, (*Blob).Pending) && !slices.ContainsFunc(m.Children, (*Manifest).Pending)
}

// Finish sets the bytes and the digest of a pending manifest. Finish returns an
// error if a blob or a child is still pending. Finish does nothing for a
// manifest that is not pending.
func (m *Manifest) Finish() error {
	if !m.Pending() {
		return nil
	}
	if !m.PartsKnown() {
		return errors.New("assembling the manifest: the digest of a blob or of a child is still unknown")
	}
	raw, err := m.Assemble(m)
	if err != nil {
		return fmt.Errorf("assembling the manifest: %w", err)
	}
	if len(raw) > MaxManifestSize {
		return fmt.Errorf("assembling the manifest: the manifest has %d bytes, and registries accept at most %d bytes", len(raw), MaxManifestSize)
	}
	m.Raw = raw
	m.Descriptor.Size = int64(len(raw))
	m.Descriptor.Digest, err = digestOf(raw)
	return err
}

// Index reports whether the node has the media type of an index or of
// Docker's manifest list.
func (m *Manifest) Index() bool { return m.Descriptor.MediaType.IsIndex() }
