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

// reuse settles pending layers by what the registry has already. They are known
// by the digest of their plain bytes; an image in the registry names the same
// plain layers in its config, and their compressed digests in its manifest.
// What is found so is neither read nor compressed.
//
// The images that the tags point at are looked at first, as they are mostly of
// the build before; then those that the source comes from. Nothing depends on
// any: one that cannot be read costs a notice, and shares nothing.
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

// maxTagged bounds the images that are read of those which a target's tags
// point at. Mostly they are one.
const maxTagged = 3

// worthReading are the different images that tags point at, all targets
// together, those first whose tags must not change: what settles the root is to
// be what they already have.
func (r *Resolver) worthReading(found *Found) []former {
	var first, then []former
	for i := range found.Targets {
		t := &found.Targets[i]
		met := map[v1.Hash]bool{{}: true}
		for _, protected := range []bool{true, false} {
			for j, a := range t.answers {
				if met[a.desc.Digest] || r.protects(t.Tags[j]) != protected || len(met) > maxTagged {
					continue
				}
				met[a.desc.Digest] = true
				if one := (former{repo: t.Repo, desc: a.desc, raw: a.raw}); protected {
					first = append(first, one)
				} else {
					then = append(then, one)
				}
			}
		}
	}
	return append(first, then...)
}

// protects reports tags that may not be pointed elsewhere.
func (r *Resolver) protects(tag string) bool { return r.Protected != nil && r.Protected(tag) }

// reuseOrigins looks at the images that the source's store pulled or pushed,
// where layers that are still pending are among theirs. They are in a target's
// registry, so that the layers can be mounted.
func (r *Resolver) reuseOrigins(ctx context.Context, found *Found) error {
	origins, err := found.Source.Origins(ctx, found.wanted)
	if err != nil {
		return found.unshared(ctx, found.Source.Name, err)
	}
	for _, o := range r.promising(origins, pending(found.Root)) {
		if !covers(o, pending(found.Root)) {
			continue // one before had the same
		}
		one := former{repo: o.Repository, desc: v1.Descriptor{Digest: o.Digest}, diffIDs: o.DiffIDs}
		if err := r.reuseFrom(ctx, found, one); err != nil || !found.Root.Pending() {
			return err
		}
	}
	return nil
}

// maxOrigins bounds the images that are read of those which a store knows.
const maxOrigins = 8

// unshared notes an image that could not be looked at, unless the run is over.
// One that is absent, or hidden, needs no word.
func (f *Found) unshared(ctx context.Context, what string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("looking for layers that the registry has: %w", err)
	case registry.IsAbsent(err):
		return nil
	}
	f.Source.Notices = append(f.Source.Notices, diag.Notice{
		Code: "layers-not-compared", Level: diag.Info, Title: "Layers may be sent that the registry has",
		Text: fmt.Sprintf("What %s has of them could not be found out: %s", what, err),
	})
	return nil
}

// wanted reports repositories that a target could mount from.
func (f *Found) wanted(repo name.Repository) bool {
	return slices.ContainsFunc(f.Targets, func(t Target) bool { return t.Repo.RegistryStr() == repo.RegistryStr() })
}

// pending are the layers whose digests are still not known.
func pending(root *image.Manifest) []*image.Blob {
	return slices.DeleteFunc(image.Blobs(root), func(b *image.Blob) bool { return !b.Pending() })
}

// covers reports whether an origin has one of the layers.
func covers(o image.Origin, layers []*image.Blob) bool {
	return slices.ContainsFunc(layers, func(b *image.Blob) bool { return slices.Contains(o.DiffIDs, b.DiffID) })
}

// reuseFrom settles what one image in a registry has of ours.
func (r *Resolver) reuseFrom(ctx context.Context, found *Found, f former) error {
	images, err := r.expand(ctx, found.Root, f)
	if err != nil {
		return found.unshared(ctx, f.String(), err)
	}
	found.compare(f.desc.Digest, images)
	known := packed{}
	said, err := r.said(ctx, found.Root, f, images)
	if err != nil {
		if err := found.unshared(ctx, f.String(), err); err != nil {
			return err
		}
	}
	for i, old := range images {
		known.add(said[i], old.Layers)
	}
	for _, old := range images {
		ours := sameConfig(found.Root, old)
		if ours != nil && ours.Bare && (ours.Annotations == nil || maps.Equal(ours.Annotations, old.Annotations)) && known.agree(ours, old) {
			r.adopt(ours, f.repo, old)
		}
	}
	for _, b := range image.Blobs(found.Root) {
		if layer, there := known.layer(b); b.Pending() && there {
			r.settle(b, f.repo, layer)
		}
	}
	return found.settle(f.repo)
}

// adopt takes the registry's manifest for ours: the same config means the
// same plain layers in the same order.
func (r *Resolver) adopt(ours *image.Manifest, repo name.Repository, old formerImage) {
	for i, layer := range old.Layers {
		if !ours.Blobs[i+1].Pending() {
			continue
		}
		b := *ours.Blobs[i+1] // another manifest may have the layer compressed otherwise
		b.Descriptor.MediaType = layer.MediaType
		r.settle(&b, repo, layer)
		ours.Blobs[i+1] = &b
	}
	ours.Raw, ours.Descriptor = old.raw, old.desc
}

// settle gives a pending layer the digest it has in the registry. From then
// on its compressed bytes are the registry's: ours may differ.
func (r *Resolver) settle(b *image.Blob, repo name.Repository, layer v1.Descriptor) {
	ours := b.Open
	b.Descriptor.Digest, b.Descriptor.Size = layer.Digest, layer.Size
	b.MountFrom = append(b.MountFrom, repo)
	b.Open = func(ctx context.Context) (io.ReadCloser, error) {
		body, err := r.Registry.Blob(ctx, repo, layer)
		if registry.IsAbsent(err) {
			return again(ctx, ours, repo, layer)
		}
		return body, err
	}
}

// settle notes what a repository turned out to have, and gives manifests whose
// parts are known now their digests.
func (f *Found) settle(repo name.Repository) error {
	for _, m := range image.Manifests(f.Root) {
		if m.Settled() {
			if err := m.Settle(); err != nil {
				return err
			}
		}
	}
	for i := range f.Targets {
		t := &f.Targets[i]
		t.HasRoot = t.HasRoot || !f.Root.Pending() && t.points(f.Root.Descriptor.Digest)
		if t.Repo.Name() == repo.Name() {
			t.holds(f.Root)
		}
	}
	return nil
}

// holds notes blobs that were found in the target's own repository.
func (t *Target) holds(root *image.Manifest) {
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
