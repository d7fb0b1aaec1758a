package resolve

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// reuse finds pending layers in the registry and sets their digests. A pending layer is
// a layer that this run has not compressed yet. reuse recognizes a layer by its diff id. The config of an image in the registry states the diff
// ids of its layers. The manifest of the same image states the digests of the compressed
// layers. The run neither reads nor compresses a layer that reuse has found.
//
// reuse first reads the images that the tags point at, because these images are usually
// the result of the previous build. reuse then reads the images that an engine has pulled
// into the store of the source, or pushed from this store. If an image cannot be read,
// reuse only adds a notice.
func (r *Resolver) reuse(ctx context.Context, found *Found) error {
	if !found.Root.Pending() {
		return nil
	}
	for _, one := range r.worthReading(found) {
		if err := r.reuseFrom(ctx, found, one); err != nil || !found.Root.Pending() {
			return err
		}
	}
	return r.reuseOrigins(ctx, found)
}

// maxTagged is the maximum number of different images that the run reads for the tags
// of one target. Usually, all tags point at the same image.
const maxTagged = 3

// worthReading returns the different images that the tags of all targets point at.
// The images of protected tags come first, because the root should get the digest of
// such an image if possible.
func (r *Resolver) worthReading(found *Found) []previous {
	var out []previous
	seen := make([]map[v1.Hash]bool, len(found.Targets))
	for _, protected := range []bool{true, false} {
		for i := range found.Targets {
			if seen[i] == nil {
				seen[i] = map[v1.Hash]bool{{}: true} // The zero digest represents an absent tag.
			}
			out = append(out, r.imagesOf(&found.Targets[i], protected, seen[i])...)
		}
	}
	return out
}

// imagesOf returns the images that the tags of one target point at. If the argument
// "protected" is true, imagesOf uses only the protected tags. If the argument "protected"
// is false, imagesOf uses only the tags that are not protected. The function skips the
// images in the map "seen", and adds the returned images to this map.
func (r *Resolver) imagesOf(t *Target, protected bool, seen map[v1.Hash]bool) []previous {
	var out []previous
	for i, a := range t.answers {
		if !seen[a.desc.Digest] && r.protects(t.Tags[i]) == protected && len(seen) <= maxTagged {
			seen[a.desc.Digest] = true
			out = append(out, previous{repo: t.Repo, desc: a.desc, raw: a.raw})
		}
	}
	return out
}

// reuseOrigins reads the images that were pulled into the store of the source, or pushed
// from this store. reuseOrigins skips an image that contains no pending layer.
// reuseOrigins reads only images in the registry of a target, because the target can
// mount the layers of such an image.
func (r *Resolver) reuseOrigins(ctx context.Context, found *Found) error {
	origins, err := found.Source.Origins(ctx, found.wanted)
	if err != nil {
		return found.notCompared(ctx, found.Source.Name, err)
	}
	for _, o := range r.promising(origins, pending(found.Root)) {
		if !covers(o, pending(found.Root)) {
			continue // The run has found these layers in another image.
		}
		one := previous{repo: o.Repository, desc: v1.Descriptor{Digest: o.Digest}, diffIDs: o.DiffIDs}
		if err := r.reuseFrom(ctx, found, one); err != nil || !found.Root.Pending() {
			return err
		}
	}
	return nil
}

// maxOrigins is the maximum number of images of a store that the run reads.
const maxOrigins = 8

// notCompared adds a notice about an image that could not be read. An absent or hidden
// image needs no notice. notCompared returns an error only if the run has ended.
func (f *Found) notCompared(ctx context.Context, name string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("reading the images that may share layers: %w", err)
	case registry.IsAbsent(err):
		return nil
	}
	f.Source.Notices = append(f.Source.Notices, diag.Notice{
		Code: CodeLayersNotCompared, Level: diag.Info, Title: "The run may upload layers that the registry already has",
		Text: fmt.Sprintf("The layers of %s could not be read: %s", name, err),
	})
	return nil
}

// wanted reports whether a repository is in the registry of a target, so that the
// target can mount layers from the repository.
func (f *Found) wanted(repo name.Repository) bool {
	return slices.ContainsFunc(f.Targets, func(t Target) bool { return t.Repo.RegistryStr() == repo.RegistryStr() })
}

// pending returns the layers whose digests are unknown.
func pending(root *image.Manifest) []*image.Blob {
	return slices.DeleteFunc(image.Blobs(root), func(b *image.Blob) bool { return !b.Pending() })
}

// covers reports whether an image of a store has at least one of the layers.
func covers(o image.Origin, layers []*image.Blob) bool {
	return slices.ContainsFunc(layers, func(b *image.Blob) bool { return slices.Contains(o.DiffIDs, b.DiffID) })
}

// reuseFrom finds the pending layers of the root in one previous image or index, and
// sets their digests. The run then does not upload these layers.
func (r *Resolver) reuseFrom(ctx context.Context, found *Found, f previous) error {
	images, err := r.expand(ctx, found.Root, f)
	if err != nil {
		return found.notCompared(ctx, f.String(), err)
	}
	found.compare(f.desc.Digest, images)
	known := packed{}
	diffIDs, err := r.allDiffIDs(ctx, found.Root, f, images)
	if err != nil {
		if err := found.notCompared(ctx, f.String(), err); err != nil {
			return err
		}
	}
	for i, old := range images {
		known.add(diffIDs[i], old.Layers)
	}
	for _, old := range images {
		ours := sameConfig(found.Root, old)
		if ours != nil && ours.Replaceable && (ours.Annotations == nil || maps.Equal(ours.Annotations, old.Annotations)) && known.agree(ours, old) {
			r.adopt(ours, f.repo, old)
		}
	}
	for _, b := range image.Blobs(found.Root) {
		if layer, exists := known.layer(b); b.Pending() && exists {
			r.useLayer(b, f.repo, layer)
		}
	}
	return found.complete(f.repo)
}

// adopt replaces the manifest of an image of the root with the manifest of a previous
// image in the registry. The argument "ours" is the image of the root, and the argument
// "old" is the previous image. Both images have the same config, and therefore the same
// uncompressed layers in the same order.
func (r *Resolver) adopt(ours *image.Manifest, repo name.Repository, old previousImage) {
	for i, layer := range old.Layers {
		if !ours.Blobs[i+1].Pending() {
			continue
		}
		// adopt changes a copy, because another manifest may contain the layer with
		// another compression.
		b := *ours.Blobs[i+1]
		b.Descriptor.MediaType = layer.MediaType
		r.useLayer(&b, repo, layer)
		ours.Blobs[i+1] = &b
	}
	ours.Raw, ours.Descriptor = old.raw, old.desc
}

// useLayer sets the digest of a pending layer to the digest of the layer in the
// registry. Open then reads the compressed bytes from the registry, because a new
// compression may produce different bytes.
func (r *Resolver) useLayer(b *image.Blob, repo name.Repository, layer v1.Descriptor) {
	ours := b.Open
	b.Descriptor.Digest, b.Descriptor.Size = layer.Digest, layer.Size
	b.MountFrom = append(b.MountFrom, repo)
	b.Open = func(ctx context.Context) (io.ReadCloser, error) {
		body, err := r.registry().Blob(ctx, repo, layer)
		if registry.IsAbsent(err) {
			return replacement(ctx, ours, repo, layer)
		}
		return body, err
	}
}

// complete computes the digests of the manifests whose children and blobs are all
// known. complete then records the blobs that the repository has.
func (f *Found) complete(repo name.Repository) error {
	for _, m := range image.Manifests(f.Root) {
		if m.PartsKnown() {
			if err := m.Finish(); err != nil {
				return err
			}
		}
	}
	for i := range f.Targets {
		t := &f.Targets[i]
		t.HasRoot = t.HasRoot || !f.Root.Pending() && t.points(f.Root.Descriptor.Digest)
		if t.Repo.Name() == repo.Name() {
			t.addMounts(f.Root)
		}
	}
	return nil
}

// addMounts records the blobs that were found in the repository of the target.
func (t *Target) addMounts(root *image.Manifest) {
	if t.HasBlobs == nil {
		t.HasBlobs = map[v1.Hash]bool{}
	}
	for _, b := range image.Blobs(root) {
		for _, from := range b.MountFrom {
			if from.Name() == t.Repo.Name() {
				t.HasBlobs[b.Descriptor.Digest] = true
			}
		}
	}
}

// points reports whether a tag of the target points at the digest.
func (t *Target) points(digest v1.Hash) bool {
	for _, now := range t.Now {
		if now == digest {
			return true
		}
	}
	return false
}
