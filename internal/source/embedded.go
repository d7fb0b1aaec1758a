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

// openEmbedded uses the OCI layout that Docker 25 and later put into their
// tars, if it has the image whole and compressed, as the containerd image
// store keeps it: then digests, platforms and attestations stay as they are.
// The classic store writes plain layers there; these are better compressed,
// one image by manifest.json, several where they are. It reports whether it set
// the root.
func (s *Source) openEmbedded(ctx context.Context, d dockerTar, chosen saved, pick string) (bool, error) {
	l := layout{d.where}
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
		return false, nil // as it must be with the classic store
	}
	if plain && single {
		s.Notices = append(s.Notices, plainNotice(d.path))
		return false, nil
	}
	s.Plain = plain
	if s.Root = root; len(t.missing) > 0 {
		s.Root = platformNode(root, chosen.id)
		s.Notices = append(s.Notices, missingNotice(d.path, root, s.Root, len(t.missing)))
	}
	return s.Root != nil, nil
}

// find reads the entry of index.json that has the chosen image in it, or that
// is picked itself; nil if none does.
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
		root, err := t.read(ctx, bare(e.desc))
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

// platformNode is the image in a tree that has the config.
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

// plain reports whether the tree has a layer that is not compressed, whatever
// its media type says.
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

// The codes of notices that say why a digest is not the one in the source.
const (
	codeCompressed = "source-compressed"
	codeMissing    = "source-platforms-missing"
)

func plainNotice(path string) diag.Notice {
	return diag.Notice{
		Code: codeCompressed, Level: diag.Info, Title: "Layers are compressed for publishing",
		Text: fmt.Sprintf("%q holds an OCI layout with plain layers. They are compressed, so the digest is not the one in the layout; write oci-archive: before the path to keep digest and plain layers.", path),
	}
}

func missingNotice(path string, root, left *image.Manifest, missing int) diag.Notice {
	return diag.Notice{
		Code: codeMissing, Level: diag.Warning, Title: "Only one platform is published",
		Text: fmt.Sprintf("The index %s in %q names %d manifests that the archive does not hold whole, so only the image %s is published, without the index.",
			root.Descriptor.Digest, path, missing, left.Descriptor.Digest),
	}
}
