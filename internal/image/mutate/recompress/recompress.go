// Package recompress has the layers of an image compressed in another way than
// they came: with gzip or zstd, while they are sent. Configs and so image ids
// stay; manifests name other layers, and digests change up to the root.
//
// Layers that have the format already stay as they are, as do those that are
// no tars or that other bytes would break: eStargz and zstd:chunked layers
// carry a table of contents whose digest stands in the manifest. It is used
// only where the user asked for it.
package recompress

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// Apply changes the tree in place: layers that are to be compressed become
// pending, and the manifests above them with them. Configs are read; layers
// only when they are sent, and checked then against the digests that their
// config has for their plain bytes.
func Apply(ctx context.Context, root *image.Manifest, m compress.Method) (Result, error) {
	w := &work{ctx: ctx, method: m, done: map[*image.Manifest]bool{}, made: map[made]*image.Blob{}}
	err := w.visit(root)
	return w.result, err
}

// Result is what compressing comes to.
type Result struct {
	Changed bool // something is compressed that had a digest before
	Attests bool // attestations speak of images that are others now
	Indexed int  // layers that stay for their table of contents
	Unknown int  // images whose configs do not tell what their layers are
}

// work is one tree on its way.
type work struct {
	ctx    context.Context
	method compress.Method
	done   map[*image.Manifest]bool
	made   map[made]*image.Blob
	result Result
}

// made tells new layers apart: what several images share is compressed once.
type made struct {
	from   *image.Blob
	diffID v1.Hash
	as     types.MediaType
}

// visit changes everything below a node, leaves first.
func (w *work) visit(m *image.Manifest) error {
	if w.done[m] {
		return nil
	}
	w.done[m] = true
	moved := false
	for _, c := range m.Children {
		if err := w.visit(c); err != nil {
			return err
		}
		moved = moved || c.Pending()
	}
	switch {
	case m.Index() && moved:
		w.result.Attests = w.result.Attests || slices.ContainsFunc(m.Children, (*image.Manifest).Attests)
		w.wait(m, rewrite.Index)
	case m.Runs():
		return w.image(m)
	}
	return nil
}

// image has those layers of an image compressed that need it.
func (w *work) image(m *image.Manifest) error {
	layers := m.Blobs[1:]
	chosen := make([]bool, len(layers))
	some := false
	for i, b := range layers {
		chosen[i] = w.wants(b)
		some = some || chosen[i]
	}
	if !some {
		return nil
	}
	diffIDs, err := w.diffIDs(m)
	if err != nil || diffIDs == nil {
		return err
	}
	docker := m.Descriptor.MediaType == types.DockerManifestSchema2
	for i, b := range layers {
		if chosen[i] {
			m.Blobs[i+1] = w.blob(b, diffIDs[i], w.mediaType(docker))
		}
	}
	w.wait(m, rewrite.Blobs)
	return nil
}

// diffIDs are the digests of the layers' plain bytes, from the config. Where
// they do not go with the layers, nothing could be checked: nil.
func (w *work) diffIDs(m *image.Manifest) ([]v1.Hash, error) {
	raw, err := rewrite.Config(w.ctx, m)
	if err != nil {
		return nil, fmt.Errorf("reading a config for what its layers are: %w", err)
	}
	diffIDs := image.DiffIDs(raw)
	if len(diffIDs) != len(m.Blobs)-1 {
		w.result.Unknown++
		return nil, nil
	}
	return diffIDs, nil
}

// wait makes a manifest or an index one that is assembled once its parts are
// known. One of Docker's types becomes OCI's where a part of it does.
func (w *work) wait(m *image.Manifest, assemble func(*image.Manifest, []byte) ([]byte, error)) {
	raw, bare := m.Raw, m.Assemble
	w.result.Changed = w.result.Changed || !m.Pending()
	if w.becomesOCI(m) {
		m.ToOCI()
	}
	m.Descriptor.Digest, m.Descriptor.Size, m.Raw = v1.Hash{}, 0, nil
	m.Bare, m.HeldBy = false, nil
	if raw != nil {
		m.Annotations = rewrite.Annotations(raw)
	}
	m.Assemble = func(m *image.Manifest) ([]byte, error) {
		if raw != nil {
			return assemble(m, raw)
		}
		return bare(m)
	}
}

// becomesOCI reports a manifest or an index of Docker's that names what Docker
// has no name for.
func (w *work) becomesOCI(m *image.Manifest) bool {
	for _, b := range m.Blobs {
		if b.Descriptor.MediaType == types.OCILayerZStd {
			return true
		}
	}
	for _, c := range m.Children {
		if c.Descriptor.MediaType == types.OCIManifestSchema1 || c.Descriptor.MediaType == types.OCIImageIndex {
			return true
		}
	}
	return false
}
