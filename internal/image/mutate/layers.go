package mutate

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

// compressLayers selects the layers to compress with another method. The
// selected layers and all manifests above them become pending. Configs do not
// change, so the image IDs stay the same.
//
// compressLayers does not select a layer that already has the format of this method, or a
// layer that is not a tar. compressLayers does not select a layer with a table of
// contents (eStargz, zstd:chunked), because the manifest contains the digest of the
// table.
//
// compressLayers reads only configs. The program reads a selected layer later,
// when the program sends the layer. At that time, the program compares the
// digest of the uncompressed bytes with the diff id in the config.
func compressLayers(ctx context.Context, root *image.Manifest, m compress.Method) (layersResult, error) {
	r := &recompressor{ctx: ctx, method: m, visited: map[*image.Manifest]bool{}, blobs: map[blobKey]*image.Blob{}}
	err := r.visit(root)
	return r.result, err
}

// layersResult is the result of compressLayers.
type layersResult struct {
	attestations
	changed bool // changed is true if a manifest that had a digest became pending.
	indexed int  // indexed is the number of layers that keep their bytes because of a table of contents.
	unknown int  // unknown is the number of images whose config does not list the digests of the layers.
}

// recompressor selects the layers of one tree.
type recompressor struct {
	ctx     context.Context
	method  compress.Method
	visited map[*image.Manifest]bool
	blobs   map[blobKey]*image.Blob // the new layers
	result  layersResult
}

// blobKey identifies a new layer. With this key, the program compresses a layer
// of several images only once.
type blobKey struct {
	from      *image.Blob
	diffID    v1.Hash
	mediaType types.MediaType
}

// visit selects the layers of m and of all manifests below m. The method starts with the
// children of m.
func (r *recompressor) visit(m *image.Manifest) error {
	if r.visited[m] {
		return nil
	}
	r.visited[m] = true
	childPending := false
	for _, c := range m.Children {
		if err := r.visit(c); err != nil {
			return err
		}
		childPending = childPending || c.Pending()
	}
	switch {
	case m.Index() && childPending:
		if err := r.result.update(m); err != nil {
			return err
		}
		r.setPending(m, rewrite.Index)
	case m.IsRunnable():
		return r.image(m)
	}
	return nil
}

// If the program compresses a layer of the image m again, the method "image" replaces
// the layer.
func (r *recompressor) image(m *image.Manifest) error {
	layers := m.Blobs[1:]
	selected := make([]bool, len(layers))
	for i, b := range layers {
		selected[i] = r.selects(b)
	}
	if !slices.Contains(selected, true) {
		return nil
	}
	diffIDs, err := r.diffIDs(m)
	if err != nil || diffIDs == nil {
		return err
	}
	docker := m.Descriptor.MediaType == types.DockerManifestSchema2
	for i, b := range layers {
		if selected[i] {
			m.Blobs[i+1] = r.blob(b, diffIDs[i], r.layerType(docker))
		}
	}
	r.setPending(m, rewrite.Manifest)
	return nil
}

// diffIDs returns the digests of the uncompressed layers from the config.
// diffIDs returns nil if the number of digests differs from the number of
// layers, because the program cannot verify such layers.
func (r *recompressor) diffIDs(m *image.Manifest) ([]v1.Hash, error) {
	raw, err := rewrite.ReadConfig(r.ctx, m)
	if err != nil {
		return nil, fmt.Errorf("reading a config for the digests of its layers: %w", err)
	}
	diffIDs := image.DiffIDs(raw)
	if len(diffIDs) != len(m.Blobs)-1 {
		r.result.unknown++
		return nil, nil
	}
	return diffIDs, nil
}

// setPending makes a manifest or an index pending. The argument "update" is a function
// that writes the new digests of the blobs or children into the bytes of the manifest.
// setPending converts a Docker manifest to an OCI manifest if Docker has no media type
// for one of its blobs or children.
func (r *recompressor) setPending(m *image.Manifest, update func(*image.Manifest, []byte) ([]byte, error)) {
	raw, assemble := m.Raw, m.Assemble
	r.result.changed = r.result.changed || !m.Pending()
	if needsOCI(m) {
		m.ToOCI()
	}
	m.Descriptor.Digest, m.Descriptor.Size, m.Raw = v1.Hash{}, 0, nil
	m.Replaceable, m.Repositories = false, nil
	if raw != nil {
		m.Annotations = rewrite.Annotations(raw)
	}
	m.Assemble = func(m *image.Manifest) ([]byte, error) {
		if raw != nil {
			return update(m, raw)
		}
		return assemble(m)
	}
}

// needsOCI reports whether a blob or a child of m has a media type that only OCI
// manifests can list.
func needsOCI(m *image.Manifest) bool {
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
