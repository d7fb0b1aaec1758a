package source

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// openEmbedded reads the image from the OCI layout that Docker 25 and later
// write into the tar. It reports whether it set s.Root. The containerd image
// store writes compressed layers, so digests, platforms and attestations do
// not change. The classic store writes uncompressed layers, and these layers
// must be compressed. For one image, openEmbedded returns false, and the
// caller uses manifest.json and compresses the layers. For several images,
// openEmbedded uses the layout and sets s.HasPlainLayers.
func (s *Source) openEmbedded(ctx context.Context, d dockerTar, chosen saved, pick string) (bool, error) {
	l := layout{d.fileSet}
	if has, err := l.has(ctx, "oci-layout"); err != nil || !has {
		return false, err
	}
	if has, err := l.has(ctx, "index.json"); err != nil || !has {
		return false, err
	}
	_, doc, err := l.index(ctx)
	if err != nil {
		return false, err
	}
	root, t, err := l.find(ctx, entriesOf(doc), chosen, pick)
	if root == nil || err != nil {
		return false, err
	}
	plain, err := d.plain(ctx, root)
	if err != nil {
		return false, err
	}
	single := len(image.Images(root)) < 2
	if plain && single && s.Kind == DockerEngine {
		return false, nil // the classic store always has uncompressed layers, so no notice is needed
	}
	if plain && single {
		s.Notices = append(s.Notices, plainNotice(d.path))
		return false, nil
	}
	s.HasPlainLayers = plain
	if s.Root = root; len(t.missing) > 0 {
		s.Root = platformNode(root, chosen.id)
		s.Notices = append(s.Notices, missingNotice(d.path, root, s.Root, len(t.missing)))
	}
	return s.Root != nil, nil
}

// find reads the entry of index.json that contains the chosen image or that
// pick selects. If no such entry exists, it returns nil.
func (l layout) find(ctx context.Context, all []entry, chosen saved, pick string) (*image.Manifest, *tree, error) {
	picked, err := pickOne(l.path, all, pick)
	switch unknown := chosen.id == (v1.Hash{}); {
	case err == nil && unknown:
		all = []entry{picked}
	case err == nil:
		all = append([]entry{picked}, all...)
	case unknown:
		return nil, nil, nil
	}
	for _, e := range all {
		t := newTree(l, l.path)
		t.partial = true
		root, err := t.read(ctx, rootDescriptor(e.desc))
		if err != nil {
			return nil, nil, err
		}
		if root == nil {
			continue
		}
		if chosen.id == (v1.Hash{}) && len(t.missing) == 0 || platformNode(root, chosen.id) != nil {
			return root, t, nil
		}
	}
	return nil, nil, nil
}

// platformNode returns the image in the tree that has the given config, or nil.
func platformNode(root *image.Manifest, config v1.Hash) *image.Manifest {
	for _, m := range image.Manifests(root) {
		if len(m.Blobs) > 0 && m.Blobs[0].Descriptor.Digest == config {
			return m
		}
	}
	return nil
}

// plainTypes are the media types of layers that are not compressed.
var plainTypes = []types.MediaType{types.OCIUncompressedLayer, types.DockerUncompressedLayer, types.OCIUncompressedRestrictedLayer}

// plain reports whether the tree has a layer that is not compressed. It reads
// the first bytes of each layer with the media type of gzip, because the media
// type can be wrong.
func (d dockerTar) plain(ctx context.Context, root *image.Manifest) (bool, error) {
	for _, b := range image.Blobs(root) {
		t := b.Descriptor.MediaType
		if slices.Contains(plainTypes, t) {
			return true, nil
		}
		if t != types.OCILayer && t != types.DockerLayer {
			continue
		}
		compressed, err := d.gzipped(ctx, blobName(b.Descriptor.Digest))
		if err != nil || !compressed {
			return !compressed, err
		}
	}
	return false, nil
}

// The codes of the notices of this package.
const (
	codeCompressed = "source-compressed"        // the digest changes, because uncompressed layers are compressed
	codeMissing    = "source-platforms-missing" // the digest changes, because the source lacks parts of the index
	codeReferrers  = "source-referrers-left"    // manifests that refer to the image are not published
)

func plainNotice(path string) diag.Notice {
	return diag.Notice{
		Code: codeCompressed, Level: diag.Info, Title: "Layers are compressed for publishing",
		Text: fmt.Sprintf("%q contains an OCI layout with uncompressed layers. The layers are compressed, so the published digest differs from the digest in the layout. To keep the digest and the uncompressed layers, write oci-archive: before the path.", path),
	}
}

func missingNotice(path string, root, left *image.Manifest, missing int) diag.Notice {
	return diag.Notice{
		Code: codeMissing, Level: diag.Warning, Title: "Only one platform is published",
		Text: fmt.Sprintf("The index %s in %q lists %d manifests that the archive does not contain completely. Only the image %s is published, without the index.",
			root.Descriptor.Digest, path, missing, left.Descriptor.Digest),
	}
}
