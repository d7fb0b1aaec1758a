package resolve

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

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
// the build before; then those that the source comes from.
func (r *Resolver) reuse(ctx context.Context, found *Found) error {
	if !found.Root.Pending() {
		return nil
	}
	for i := range found.Targets {
		t := &found.Targets[i]
		for _, a := range t.answers {
			if a.desc.Digest == (v1.Hash{}) {
				continue
			}
			one := former{repo: t.Repo, desc: a.desc, raw: a.raw}
			if err := r.reuseFrom(ctx, found, one); err != nil || !found.Root.Pending() {
				return err
			}
			break // the next tag is mostly of the same image
		}
	}
	return r.reuseOrigins(ctx, found)
}

// reuseOrigins looks at the images that the source's store pulled or pushed,
// where layers that are still pending are among theirs. They are in a target's
// registry, so that the layers can be mounted. Nothing depends on them: a store
// that does not tell costs a notice.
func (r *Resolver) reuseOrigins(ctx context.Context, found *Found) error {
	origins, err := found.Source.Origins(ctx, func(repo name.Repository) bool {
		return slices.ContainsFunc(found.Targets, func(t Target) bool { return t.Repo.RegistryStr() == repo.RegistryStr() })
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		found.Source.Notices = append(found.Source.Notices, diag.Notice{
			Code: "source-origins-unknown", Level: diag.Info, Title: "Layers may be sent that the registry has",
			Text: fmt.Sprintf("Where the layers of %q come from could not be found out: %s", found.Source.Name, err),
		})
		return nil
	}
	for _, o := range origins {
		if !covers(o, found.Root) {
			continue
		}
		r.Registry.Expect(o.Repository, registry.Pull)
		one := former{repo: o.Repository, desc: v1.Descriptor{Digest: o.Digest}}
		if err := r.reuseFrom(ctx, found, one); err != nil || !found.Root.Pending() {
			return err
		}
	}
	return nil
}

// covers reports whether an origin has a layer that is still pending.
func covers(o image.Origin, root *image.Manifest) bool {
	return slices.ContainsFunc(image.Blobs(root), func(b *image.Blob) bool { return b.Pending() && slices.Contains(o.DiffIDs, b.DiffID) })
}

// layerKey is a layer by what is in it and how it is packed, in OCI's words:
// the bytes are the same under Docker's.
type layerKey struct {
	diffID v1.Hash
	as     types.MediaType
}

// reuseFrom settles what one image in a registry has of ours.
func (r *Resolver) reuseFrom(ctx context.Context, found *Found, f former) error {
	images, err := r.expand(ctx, found.Root, f)
	if err != nil {
		return present(err)
	}
	known := map[layerKey]v1.Descriptor{}
	for _, old := range images {
		ours := sameConfig(found.Root, old)
		if ours != nil && ours.Bare && (ours.Annotations == nil || maps.Equal(ours.Annotations, old.Annotations)) {
			r.adopt(ours, f.repo, old)
			continue
		}
		diffIDs, err := r.diffIDs(ctx, f.repo, old, ours)
		if err != nil {
			return present(err)
		}
		for i, diff := range diffIDs {
			if i < len(old.Layers) {
				known[layerKey{diff, image.OCIType(old.Layers[i].MediaType)}] = old.Layers[i]
			}
		}
	}
	for _, b := range image.Blobs(found.Root) {
		if layer, there := known[layerKey{b.DiffID, image.OCIType(b.Descriptor.MediaType)}]; b.Pending() && there {
			r.settle(b, f.repo, layer)
		}
	}
	return found.settle(f.repo)
}

// adopt takes the registry's manifest for ours: the same config means the
// same plain layers in the same order.
func (r *Resolver) adopt(ours *image.Manifest, repo name.Repository, old formerImage) {
	for i, layer := range old.Layers {
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
	b.Descriptor.Digest, b.Descriptor.Size, b.Descriptor.URLs = layer.Digest, layer.Size, layer.URLs
	b.MountFrom = append(b.MountFrom, repo)
	b.Open = func(ctx context.Context) (io.ReadCloser, error) { return r.Registry.Blob(ctx, repo, layer) }
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
