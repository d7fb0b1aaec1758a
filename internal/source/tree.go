package source

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// These constants are the limits of one tree. The limits are necessary, because an index
// of 4 MiB can list thousands of indexes, and each of these indexes can list thousands of
// other indexes.
const (
	maxDepth           = 8         // the maximum number of levels of nested indexes, including the root
	maxManifests       = 10_000    // in all
	maxManifestBytes   = 256 << 20 // in all
	maxBlobs           = 100_000   // in all
	maxConfigs         = 8 << 20   // the maximum size of all configs that the tree keeps in memory, in bytes
	maxConcurrentReads = 8         // the maximum number of manifests that the program reads concurrently
)

// content reads the manifests and blobs of a tree.
type content interface {
	// manifest reads a manifest and verifies its size and digest.
	manifest(ctx context.Context, desc v1.Descriptor) ([]byte, error)
	// blob returns a blob that the caller can open. If the content is a
	// layout, blob also checks that the blob exists.
	blob(ctx context.Context, desc v1.Descriptor) (*image.Blob, error)
	// config reads and verifies the config of an image. config returns nil if
	// the caller does not need the platform, if the config is larger than
	// image.MaxConfig, or if the source does not contain the config.
	config(ctx context.Context, config v1.Descriptor) ([]byte, error)
}

// resolved is content that keeps the bytes of the root in memory, because the program has
// read the root already. The root can be a file that is no blob, such as index.json.
type resolved struct {
	content
	root v1.Hash
	raw  []byte
}

func (r resolved) manifest(ctx context.Context, desc v1.Descriptor) ([]byte, error) {
	if desc.Digest == r.root {
		return r.raw, nil
	}
	return r.content.manifest(ctx, desc)
}

// tree reads the root first, then the manifests that the root lists, and then the
// manifests of each deeper level. tree reads the manifests of one level concurrently.
type tree struct {
	content content
	path    string // for messages
	nodes   map[v1.Hash]*image.Manifest
	blobs   map[v1.Hash]*image.Blob
	bytes   int64
	configs int // the size of all configs that the tree keeps in memory, in bytes

	// If the field "partial" is true, the source can lack manifests and blobs. The tree
	// omits each incomplete manifest and lists it in the field "missing".
	partial bool
	missing []v1.Descriptor
}

func newTree(c content, path string) *tree {
	return &tree{content: c, path: path, nodes: map[v1.Hash]*image.Manifest{}, blobs: map[v1.Hash]*image.Blob{}}
}

// read reads the root and all manifests below it, and returns the root.
func (t *tree) read(ctx context.Context, root v1.Descriptor) (*image.Manifest, error) {
	level := []v1.Descriptor{root}
	for depth := 0; len(level) > 0; depth++ {
		if depth >= maxDepth {
			return nil, diag.New(CodeTooDeep, diag.Source, "Publish one of the nested indexes, or put all images into one index.", nil,
				"%q has nested indexes with more than %d levels", t.path, maxDepth)
		}
		below, err := t.level(ctx, level)
		if err != nil {
			return nil, err
		}
		level = below
	}
	t.linkChildren()
	return t.nodes[root.Digest], nil
}

// level reads the manifests of one level that the tree has not read before. level returns
// the descriptors in the lists of the manifests that it has read.
func (t *tree) level(ctx context.Context, level []v1.Descriptor) ([]v1.Descriptor, error) {
	unread, err := t.unread(level)
	if err != nil {
		return nil, err
	}
	raws, err := t.fetch(ctx, unread)
	if err != nil {
		return nil, err
	}
	var below []v1.Descriptor
	for i, desc := range unread {
		if raws[i] == nil {
			t.missing = append(t.missing, desc)
			continue
		}
		node, err := t.node(ctx, desc, raws[i])
		if t.partial && diag.Is(err, CodeBlobMissing) {
			t.missing = append(t.missing, desc)
			continue
		}
		if err != nil {
			return nil, err
		}
		t.nodes[desc.Digest] = node
		for _, c := range node.Children {
			below = append(below, c.Descriptor)
		}
	}
	return below, nil
}

// unread returns the descriptors of the manifests that the tree has not read
// before. Before the program reads these manifests, unread returns an error
// if the tree would become too large.
func (t *tree) unread(level []v1.Descriptor) ([]v1.Descriptor, error) {
	var unread []v1.Descriptor
	seen := map[v1.Hash]bool{}
	for _, desc := range level {
		if node := t.nodes[desc.Digest]; node != nil && node.Descriptor.Size != desc.Size {
			return nil, verify(t.path, desc, node.Raw)
		}
		if t.nodes[desc.Digest] != nil || seen[desc.Digest] {
			continue
		}
		seen[desc.Digest] = true
		if desc.Size > image.MaxManifestSize {
			return nil, tooLarge(t.path, desc.Digest.String(), desc.Size, image.MaxManifestSize)
		}
		t.bytes += desc.Size
		unread = append(unread, desc)
	}
	if len(t.nodes)+len(unread) > maxManifests || t.bytes > maxManifestBytes {
		return nil, diag.New(CodeManifestLarge, diag.Source, "Publish the images of the index separately.", nil,
			"%q has more than %d manifests, or more than %d MiB of manifests", t.path, maxManifests, maxManifestBytes>>20)
	}
	return unread, nil
}

// fetch reads manifests concurrently. If the tree is partial, fetch returns
// nil in place of the bytes of a missing manifest.
func (t *tree) fetch(ctx context.Context, descs []v1.Descriptor) ([][]byte, error) {
	raws := make([][]byte, len(descs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for i, desc := range descs {
		group.Go(func() (err error) {
			raws[i], err = t.content.manifest(ctx, desc)
			if t.partial && errors.Is(err, errMissing) {
				return nil
			}
			return err
		})
	}
	return raws, group.Wait()
}

// node parses the bytes of a manifest. Each child of the returned node
// contains only a descriptor until linkChildren replaces the child.
func (t *tree) node(ctx context.Context, desc v1.Descriptor, raw []byte) (*image.Manifest, error) {
	doc, err := document.Parse("manifest "+desc.Digest.String(), raw, desc.MediaType)
	if err != nil {
		return nil, t.unparsable(desc, err)
	}
	desc.MediaType = doc.MediaType
	node := &image.Manifest{Descriptor: desc, Raw: raw, Platform: desc.Platform}
	if node.Index() {
		for _, child := range doc.Manifests {
			node.Children = append(node.Children, &image.Manifest{Descriptor: child, Platform: child.Platform})
		}
		return node, nil
	}
	if node.Blobs, err = t.findBlobs(ctx, doc.Blobs()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", desc.Digest, err)
	}
	if node.Platform == nil && doc.Config != nil && doc.Config.MediaType.IsConfig() {
		raw, err := t.content.config(ctx, *doc.Config)
		if err != nil {
			return nil, err
		}
		node.Platform = platformOf(raw)
		t.keep(node.Blobs[0], raw)
	}
	return node, nil
}

// keep stores the bytes of a config in its blob if all stored configs
// together do not exceed maxConfigs bytes.
func (t *tree) keep(b *image.Blob, raw []byte) {
	if t.configs+len(raw) <= maxConfigs {
		t.configs += len(raw)
		b.Content = raw
	}
}

func (t *tree) unparsable(desc v1.Descriptor, err error) error {
	if diag.Is(err, document.CodeAmbiguous) {
		return err
	}
	if errors.Is(err, document.ErrSchema1) {
		return diag.New(CodeNotSupported, diag.Source, "Pull and push the image with a current Docker, or convert it with skopeo copy --format v2s2.", err,
			"the manifest %s in %q cannot be published", desc.Digest, t.path)
	}
	return diag.New(CodeUnreadable, diag.Source, hintRebuild, err, "the manifest %s in %q is not valid", desc.Digest, t.path)
}

// findBlobs returns the blobs of one manifest. Manifests that list the same
// blob share one image.Blob.
func (t *tree) findBlobs(ctx context.Context, descs []v1.Descriptor) ([]*image.Blob, error) {
	blobs := make([]*image.Blob, 0, len(descs))
	for _, desc := range descs {
		b, seen := t.blobs[desc.Digest]
		if !seen || b.Descriptor.MediaType != desc.MediaType || b.Descriptor.Size != desc.Size {
			var err error
			if b, err = t.content.blob(ctx, desc); err != nil {
				return nil, err
			}
			t.blobs[desc.Digest] = b
		}
		blobs = append(blobs, b)
	}
	if len(t.blobs) > maxBlobs {
		return nil, diag.New(CodeManifestLarge, diag.Source, "Publish the images of the index separately.", nil, "%q has more than %d blobs", t.path, maxBlobs)
	}
	return blobs, nil
}

// linkChildren replaces each child that contains only a descriptor by the
// manifest that the tree read.
func (t *tree) linkChildren() {
	for _, node := range t.nodes {
		kept := node.Children[:0]
		for _, placeholder := range node.Children {
			child := t.nodes[placeholder.Descriptor.Digest]
			if child == nil {
				continue // The source does not contain the manifest, and t.missing lists it.
			}
			if child.Platform == nil {
				child.Platform = placeholder.Platform
			}
			kept = append(kept, child)
		}
		node.Children = kept
	}
}

// errMissing means that an index of the source lists a manifest that the
// source does not contain.
var errMissing = errors.New("the manifest does not exist")
