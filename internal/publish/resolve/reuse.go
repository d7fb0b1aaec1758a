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

// reuse gives pending layers the digests of layers that the registry has. It
// recognizes a pending layer by its diff id. An image in the registry states diff ids in its
// config and the digests of the compressed layers in its manifest. A layer that is
// found in this way is neither read nor compressed.
//
// The images of the tags come first, because they are usually the result of the
// previous build. The images that the source comes from follow. An image that
// cannot be read only causes a notice.
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

// maxTagged is the number of different images that are read for the tags of one
// target. Usually all tags point at one image.
const maxTagged = 3

// worthReading returns the different images that the tags of all targets point at.
// The images of protected tags come first, because the root should get the same
// digest as such an image if possible.
func (r *Resolver) worthReading(found *Found) []previous {
	var out []previous
	seen := make([]map[v1.Hash]bool, len(found.Targets))
	for _, protected := range []bool{true, false} {
		for i := range found.Targets {
			if seen[i] == nil {
				seen[i] = map[v1.Hash]bool{{}: true} // the zero digest stands for an absent tag
			}
			out = append(out, r.imagesOf(&found.Targets[i], protected, seen[i])...)
		}
	}
	return out
}

// imagesOf returns the images of one target's tags that are protected, or of its
// other tags. It skips the images in seen, and adds its result to seen.
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

// reuseOrigins reads the images that the store of the source has pulled or pushed,
// if they contain pending layers. These images are in the registry of a target, so
// that their layers can be mounted.
func (r *Resolver) reuseOrigins(ctx context.Context, found *Found) error {
	origins, err := found.Source.Origins(ctx, found.wanted)
	if err != nil {
		return found.notCompared(ctx, found.Source.Name, err)
	}
	for _, o := range r.promising(origins, pending(found.Root)) {
		if !covers(o, pending(found.Root)) {
			continue // a previous origin had the same layers
		}
		one := previous{repo: o.Repository, desc: v1.Descriptor{Digest: o.Digest}, diffIDs: o.DiffIDs}
		if err := r.reuseFrom(ctx, found, one); err != nil || !found.Root.Pending() {
			return err
		}
	}
	return nil
}

// maxOrigins is the number of images of a store that are read.
const maxOrigins = 8

// notCompared adds a notice about an image that could not be read, and returns an
// error if the run has ended. An absent or hidden image needs no notice.
func (f *Found) notCompared(ctx context.Context, name string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("reading the images that may share layers: %w", err)
	case registry.IsAbsent(err):
		return nil
	}
	f.Source.Notices = append(f.Source.Notices, diag.Notice{
		Code: CodeLayersNotCompared, Level: diag.Info, Title: "The run may upload layers that the registry has",
		Text: fmt.Sprintf("The layers of %s could not be read: %s", name, err),
	})
	return nil
}

// wanted reports whether a target can mount from a repository.
func (f *Found) wanted(repo name.Repository) bool {
	return slices.ContainsFunc(f.Targets, func(t Target) bool { return t.Repo.RegistryStr() == repo.RegistryStr() })
}

// pending returns the layers whose digests are unknown.
func pending(root *image.Manifest) []*image.Blob {
	return slices.DeleteFunc(image.Blobs(root), func(b *image.Blob) bool { return !b.Pending() })
}

// covers reports whether an origin has one of the layers.
func covers(o image.Origin, layers []*image.Blob) bool {
	return slices.ContainsFunc(layers, func(b *image.Blob) bool { return slices.Contains(o.DiffIDs, b.DiffID) })
}

// reuseFrom marks the layers of the root that one previous image or index has, so
// that they are not uploaded.
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

// adopt replaces the manifest of ours by the manifest in the registry. The same
// config means the same uncompressed layers in the same order.
func (r *Resolver) adopt(ours *image.Manifest, repo name.Repository, old previousImage) {
	for i, layer := range old.Layers {
		if !ours.Blobs[i+1].Pending() {
			continue
		}
		b := *ours.Blobs[i+1] // another manifest may have the layer with another compression
		b.Descriptor.MediaType = layer.MediaType
		r.useLayer(&b, repo, layer)
		ours.Blobs[i+1] = &b
	}
	ours.Raw, ours.Descriptor = old.raw, old.desc
}

// useLayer gives a pending layer the digest that it has in the registry. Open then
// reads the compressed bytes from the registry, because a new compression may
// give other bytes.
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

// complete computes the digests of the manifests whose parts are all known now, and
// records the blobs that a repository has.
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
