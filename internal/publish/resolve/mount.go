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

// mounts finds repositories from which missing layers can be mounted. An example is the
// repository of a base image that an engine has pulled from the same registry. mounts
// sends requests only if layers are missing. A rebuild without changes therefore sends
// no requests.
func (r *Resolver) mounts(ctx context.Context, found *Found) error {
	missing := found.missing()
	for _, earlier := range found.pushed {
		mountable(missing, earlier.Repository, earlier.Layers)
	}
	if len(missing) == 0 || !found.Source.FromStore() {
		return nil
	}
	if err := setDiffIDs(ctx, found.Root); err != nil {
		return err
	}
	origins, err := found.Source.Origins(ctx, found.wanted)
	if err != nil {
		return found.notCompared(ctx, found.Source.Name, err)
	}
	for _, o := range r.promising(origins, missing) {
		one := previous{repo: o.Repository, desc: v1.Descriptor{Digest: o.Digest}}
		images, err := r.expand(ctx, found.Root, one)
		if err != nil {
			if err := found.notCompared(ctx, one.String(), err); err != nil {
				return err
			}
		}
		for _, old := range images {
			mountable(missing, o.Repository, digests(old.Layers))
		}
	}
	return nil
}

// missing returns the large layers that the run would upload and whose digest is known.
func (f *Found) missing() []*image.Blob {
	var out []*image.Blob
	for _, b := range image.Blobs(f.Root) {
		if slices.ContainsFunc(f.Targets, func(t Target) bool { return worthAsking(&t.Target, b) && b.Descriptor.Size >= registry.BulkSize }) {
			out = append(out, b)
		}
	}
	return out
}

// setDiffIDs copies the diff ids from the configs to the layers, because a store
// identifies its layers by their diff ids.
func setDiffIDs(ctx context.Context, root *image.Manifest) error {
	for _, m := range image.Images(root) {
		if !m.IsRunnable() {
			continue
		}
		raw, err := rewrite.ReadConfig(ctx, m)
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

// promising returns the images of an engine's store that contain a missing layer.
// promising announces the repositories of these images to the client before the first
// read. The client can therefore request one token for all these repositories.
func (r *Resolver) promising(origins []image.Origin, missing []*image.Blob) []image.Origin {
	out := slices.DeleteFunc(origins, func(o image.Origin) bool { return !covers(o, missing) })
	out = out[:min(len(out), maxOrigins)]
	for _, o := range out {
		r.registry().Expect(o.Repository, registry.Pull)
	}
	return out
}

// mountable records that a missing layer can be mounted from a repository, if an image in
// the repository has the layer.
func mountable(missing []*image.Blob, repo name.Repository, layers []v1.Hash) {
	for _, b := range missing {
		has := slices.Contains(layers, b.Descriptor.Digest)
		if has && !slices.Contains(b.MountFrom, repo) {
			b.MountFrom = append(b.MountFrom, repo)
		}
	}
}

func digests(layers []v1.Descriptor) []v1.Hash {
	var out []v1.Hash
	for _, d := range layers {
		out = append(out, d.Digest)
	}
	return out
}

// expectPushed finds repositories to which earlier runs of the job pushed layers of the
// image. expectPushed announces these repositories to the client, so that one token covers
// all repositories.
func (r *Resolver) expectPushed(found *Found) {
	if r.DryRun {
		return // A dry run uploads nothing.
	}
	for _, repo := range r.Request.Destinations {
		for _, earlier := range r.Pushed.Find(found.Root, repo) {
			found.pushed = append(found.pushed, earlier)
			r.registry().Expect(earlier.Repository, registry.Pull)
		}
	}
}
