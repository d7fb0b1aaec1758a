package source

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Bounds of one tree. An index names thousands of others in 4 MiB, and each
// of these may do the same.
const (
	maxDepth         = 8         // indexes within indexes, the root included
	maxManifests     = 10_000    // in all
	maxManifestBytes = 256 << 20 // in all
	maxBlobs         = 100_000   // in all
	atOnce           = 8         // manifests read side by side
)

// content is where the manifests and blobs of a tree are read from.
type content interface {
	// manifest reads a manifest whole and checks its size and digest.
	manifest(ctx context.Context, desc v1.Descriptor) ([]byte, error)
	// blob makes a blob that can be opened, and checks that it is there.
	blob(ctx context.Context, desc v1.Descriptor) (*image.Blob, error)
	// platform reads from an image's config where the image runs.
	platform(ctx context.Context, config v1.Descriptor) (*v1.Platform, error)
}

// tree is one walk down from a root, level by level; the manifests of a
// level are read side by side.
type tree struct {
	content content
	path    string // for messages
	nodes   map[v1.Hash]*image.Manifest
	blobs   map[v1.Hash]*image.Blob
	bytes   int64

	// partial leaves out manifests that are not there, or whose blobs are
	// not, and lists them.
	partial bool
	missing []v1.Descriptor
}

func newTree(c content, path string) *tree {
	return &tree{content: c, path: path, nodes: map[v1.Hash]*image.Manifest{}, blobs: map[v1.Hash]*image.Blob{}}
}

// read walks the tree below root.
func (t *tree) read(ctx context.Context, root v1.Descriptor) (*image.Manifest, error) {
	level := []v1.Descriptor{root}
	for depth := 0; len(level) > 0; depth++ {
		if depth >= maxDepth {
			return nil, problem(CodeTooDeep, "Publish one of the inner indexes instead, or flatten it.", nil,
				"%q has indexes within indexes, more than %d deep", t.path, maxDepth)
		}
		below, err := t.level(ctx, level)
		if err != nil {
			return nil, err
		}
		level = below
	}
	t.join()
	return t.nodes[root.Digest], nil
}

// level reads the manifests that were not met before and returns what they
// name in turn.
func (t *tree) level(ctx context.Context, level []v1.Descriptor) ([]v1.Descriptor, error) {
	fresh, err := t.fresh(level)
	if err != nil {
		return nil, err
	}
	raws, err := t.fetch(ctx, fresh)
	if err != nil {
		return nil, err
	}
	var below []v1.Descriptor
	for i, desc := range fresh {
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

// fresh drops the descriptors of manifests that were met before, counts the
// others and refuses too many of them before they are read.
func (t *tree) fresh(level []v1.Descriptor) ([]v1.Descriptor, error) {
	var fresh []v1.Descriptor
	met := map[v1.Hash]bool{}
	for _, desc := range level {
		if node := t.nodes[desc.Digest]; node != nil && node.Descriptor.Size != desc.Size {
			return nil, verify(t.path, desc, node.Raw)
		}
		if t.nodes[desc.Digest] != nil || met[desc.Digest] {
			continue
		}
		met[desc.Digest] = true
		if desc.Size > image.MaxManifestSize {
			return nil, tooLarge(t.path, desc.Digest.String(), desc.Size, image.MaxManifestSize)
		}
		t.bytes += desc.Size
		fresh = append(fresh, desc)
	}
	if len(t.nodes)+len(fresh) > maxManifests || t.bytes > maxManifestBytes {
		return nil, problem(CodeManifestLarge, "Publish its parts one by one.", nil,
			"%q names more than %d manifests, or more than %d MiB of them", t.path, maxManifests, maxManifestBytes>>20)
	}
	return fresh, nil
}

// fetch reads manifests side by side; one that may be missing and is comes
// back nil.
func (t *tree) fetch(ctx context.Context, descs []v1.Descriptor) ([][]byte, error) {
	raws := make([][]byte, len(descs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
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

// node makes the manifest of its bytes. Its children are stand-ins with a
// descriptor until join.
func (t *tree) node(ctx context.Context, desc v1.Descriptor, raw []byte) (*image.Manifest, error) {
	doc, err := parse(raw, desc.MediaType)
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
	if node.Blobs, err = t.held(ctx, doc.held()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", desc.Digest, err)
	}
	if node.Platform == nil && doc.Config != nil && doc.Config.MediaType.IsConfig() {
		node.Platform, err = t.content.platform(ctx, *doc.Config)
	}
	return node, err
}

func (t *tree) unparsable(desc v1.Descriptor, err error) error {
	if errors.Is(err, errSchema1) {
		return problem(CodeNotSupported, "Pull it with a current Docker and push it again, or convert it: skopeo copy --format v2s2.", err,
			"the manifest %s in %q cannot be published", desc.Digest, t.path)
	}
	return problem(CodeUnreadable, hintRebuild, err, "the manifest %s in %q is not well formed", desc.Digest, t.path)
}

// held makes the blobs of one manifest, each digest of the tree once.
func (t *tree) held(ctx context.Context, descs []v1.Descriptor) ([]*image.Blob, error) {
	blobs := make([]*image.Blob, 0, len(descs))
	for _, desc := range descs {
		b, met := t.blobs[desc.Digest]
		if !met || b.Descriptor.MediaType != desc.MediaType || b.Descriptor.Size != desc.Size {
			var err error
			if b, err = t.content.blob(ctx, desc); err != nil {
				return nil, err
			}
			t.blobs[desc.Digest] = b
		}
		blobs = append(blobs, b)
	}
	if len(t.blobs) > maxBlobs {
		return nil, problem(CodeManifestLarge, "Publish its parts one by one.", nil, "%q names more than %d blobs", t.path, maxBlobs)
	}
	return blobs, nil
}

// join puts the manifests in the place of their stand-ins.
func (t *tree) join() {
	for _, node := range t.nodes {
		kept := node.Children[:0]
		for _, stand := range node.Children {
			child := t.nodes[stand.Descriptor.Digest]
			if child == nil {
				continue // missing, and listed as such
			}
			if child.Platform == nil {
				child.Platform = stand.Platform
			}
			kept = append(kept, child)
		}
		node.Children = kept
	}
}

// errMissing marks a manifest that the source names and does not hold.
var errMissing = errors.New("it is not there")
