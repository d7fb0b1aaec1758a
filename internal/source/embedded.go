package source

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// openEmbedded reads the image from the OCI layout that Docker 25 and later
// write into the tar. openEmbedded reports whether it set s.Root. With the
// containerd image store, Docker writes compressed layers, so openEmbedded
// keeps digests, platforms and attestations. With its classic image store,
// Docker writes uncompressed layers, which must be compressed. For a single
// image with uncompressed layers, openEmbedded returns false, and the caller
// uses manifest.json and compresses the layers. For an index with
// uncompressed layers, openEmbedded uses the layout and sets
// s.HasPlainLayers.
func (s *Source) openEmbedded(ctx context.Context, d dockerTar, chosen saved, pick string) (bool, error) {
	l := layout{fileSet: d.fileSet}
	if has, err := l.complete(ctx); err != nil || !has {
		return false, err
	}
	_, doc, err := l.index(ctx)
	if err != nil {
		return false, err
	}
	root, t, err := l.find(ctx, entriesOf(doc), chosen, pick)
	other := errors.Is(err, errOtherImages)
	if !other && (root == nil || err != nil) {
		return false, err
	}
	if other || chosen.disagrees(root) {
		s.Notices = append(s.Notices, disagreesNotice(d.path, chosen))
		return false, nil
	}
	plain, err := d.plain(ctx, root)
	if err != nil {
		return false, err
	}
	single := len(image.Images(root)) < 2
	if plain && single && s.Kind == DockerEngine {
		return false, nil // The classic image store of Docker always has uncompressed layers, so no notice is needed.
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

// complete reports whether the files oci-layout and index.json exist. Every OCI layout
// has these two files.
func (l layout) complete(ctx context.Context) (bool, error) {
	for _, file := range []string{"oci-layout", "index.json"} {
		if has, err := l.has(ctx, file); err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

// errOtherImages means that all images in index.json are complete, but
// index.json does not list the image of manifest.json.
var errOtherImages = errors.New("the layout does not list the image of manifest.json")

// find reads the entry of index.json that contains the chosen image or that
// the argument "pick" selects. If index.json has no such entry, find returns
// nil or errOtherImages.
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
	complete := len(all) > 0
	for _, e := range all {
		t := newTree(l, l.path)
		t.partial = true
		root, err := t.read(ctx, rootDescriptor(e.desc))
		if err != nil {
			return nil, nil, err
		}
		complete = complete && root != nil && len(t.missing) == 0
		if root == nil {
			continue
		}
		if chosen.id == (v1.Hash{}) && len(t.missing) == 0 || platformNode(root, chosen.id) != nil {
			return root, t, nil
		}
	}
	if complete {
		return nil, nil, errOtherImages
	}
	return nil, nil, nil
}

// disagrees reports whether the layout and manifest.json list different
// layers for the saved image. Some versions of Docker wrote a layout without
// the layers.
func (s saved) disagrees(root *image.Manifest) bool {
	if s.id == (v1.Hash{}) {
		return false
	}
	m := platformNode(root, s.id)
	if m == nil {
		return false
	}
	layers := m.Blobs[1:]
	if len(layers) != len(s.Layers) {
		return true
	}
	for i, file := range s.Layers {
		if !layers[i].Foreign && strings.HasPrefix(file, "blobs/") && path.Clean(file) != blobName(layers[i].Descriptor.Digest) {
			return true
		}
	}
	return false
}

// platformNode returns the image whose config has the given digest, or nil if
// the tree has no such image.
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

// plain reports whether the tree has a layer that is not compressed. plain
// reads the first bytes of each layer with a gzip media type, because the
// media type can be wrong.
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

// These constants are the codes of the notices of this package.
const (
	codeCompressed = "source-compressed"        // the digest changes, because uncompressed layers are compressed
	codeMissing    = "source-platforms-missing" // the digest changes, because the source lacks parts of the index
	codeReferrers  = "source-referrers-left"    // manifests that refer to the image are not published
	codeSpooled    = "source-stored"            // a source that can be read only once is stored in a temporary file
	codeDisagrees  = "source-index-wrong"       // in an archive of docker save, the OCI layout and manifest.json describe different images
)

func plainNotice(path string) diag.Notice {
	return diag.Notice{
		Code: codeCompressed, Level: diag.Info, Title: "Layers are compressed for publishing",
		Text: fmt.Sprintf("%q contains an OCI layout with uncompressed layers. The run compresses the layers, so the published digest differs from the digest in the layout. To publish the uncompressed layers with the same digest, write oci-archive: before the path.", path),
	}
}

func disagreesNotice(path string, chosen saved) diag.Notice {
	return diag.Notice{
		Code: codeDisagrees, Level: diag.Info, Title: "The image is read from manifest.json",
		Text: fmt.Sprintf("The OCI layout in %q and manifest.json do not describe the same layers for the image with the config %s. Like docker load, the run uses the layers in manifest.json (%s). To avoid this notice, save the image with a current Docker.", path, chosen.id, plural(len(chosen.Layers), "layer")),
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func missingNotice(path string, root, left *image.Manifest, missing int) diag.Notice {
	return diag.Notice{
		Code: codeMissing, Level: diag.Warning, Title: "Only one platform is published",
		Text: fmt.Sprintf("The index %s in %q lists %s that the archive does not contain completely. The run publishes only the image %s, without the index.",
			root.Descriptor.Digest, path, plural(missing, "manifest"), left.Descriptor.Digest),
	}
}
