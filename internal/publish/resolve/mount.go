package resolve

import (
	"context"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// mounts finds where layers can be mounted from that no target has and that
// are known by their digests, as in containerd's image store: the registry has
// those of a base that the engine pulled there. Only layers that are missing
// are worth a question, so that a rebuild asks none.
func (r *Resolver) mounts(ctx context.Context, found *Found) error {
	missing := found.missing()
	if len(missing) == 0 || !found.Source.FromStore() {
		return nil
	}
	if err := named(ctx, found.Root); err != nil {
		return err
	}
	origins, err := found.Source.Origins(ctx, found.wanted)
	if err != nil {
		return found.unshared(ctx, found.Source.Name, err)
	}
	for _, o := range r.promising(origins, missing) {
		one := former{repo: o.Repository, desc: v1.Descriptor{Digest: o.Digest}}
		images, err := r.expand(ctx, found.Root, one)
		if err != nil {
			if err := found.unshared(ctx, one.String(), err); err != nil {
				return err
			}
		}
		for _, old := range images {
			mountable(missing, o.Repository, old.Layers)
		}
	}
	return nil
}

// missing are the layers that are known by their digests, and that would be
// sent.
func (f *Found) missing() []*image.Blob {
	var out []*image.Blob
	for _, b := range image.Blobs(f.Root) {
		if slices.ContainsFunc(f.Targets, func(t Target) bool { return worthAsking(&t.Target, b) && b.Descriptor.Size >= registry.BulkSize }) {
			out = append(out, b)
		}
	}
	return out
}

// named gives layers the digests of their plain bytes, by which a store knows
// them, from the configs.
func named(ctx context.Context, root *image.Manifest) error {
	for _, m := range image.Images(root) {
		if !m.Runs() {
			continue
		}
		raw, err := rewrite.Config(ctx, m)
		if err != nil {
			return err
		}
		diffIDs := image.DiffIDs(raw)
		if len(diffIDs) != len(m.Blobs)-1 {
			continue
		}
		for i, id := range diffIDs {
			m.Blobs[i+1].DiffID = id
		}
	}
	return nil
}

// promising are the origins that a missing layer is of. Their repositories are
// expected before the first of them is read: one token does for all.
func (r *Resolver) promising(origins []image.Origin, missing []*image.Blob) []image.Origin {
	out := slices.DeleteFunc(origins, func(o image.Origin) bool { return !covers(o, missing) })
	out = out[:min(len(out), maxOrigins)]
	for _, o := range out {
		r.Registry.Expect(o.Repository, registry.Pull)
	}
	return out
}

// mountable notes which of the layers a repository has.
func mountable(missing []*image.Blob, repo name.Repository, layers []v1.Descriptor) {
	for _, b := range missing {
		has := slices.ContainsFunc(layers, func(d v1.Descriptor) bool { return d.Digest == b.Descriptor.Digest })
		if has && !slices.Contains(b.MountFrom, repo) {
			b.MountFrom = append(b.MountFrom, repo)
		}
	}
}
