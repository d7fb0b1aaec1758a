package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxFormers bounds the images of one index that are read to compare.
const maxFormers = 64

// former is what a registry has that may share layers with ours.
type former struct {
	repo name.Repository
	desc v1.Descriptor
	raw  []byte // nil where it is not read yet
	// diffIDs are those of the one image in it that somebody has pulled and so
	// checked; nil where nobody has.
	diffIDs []v1.Hash
}

func (f former) String() string { return f.repo.Digest(f.desc.Digest.String()).String() }

// formerImage is an image in it.
type formerImage struct {
	v1.Manifest
	desc v1.Descriptor
	raw  []byte
}

// expand reads the images of a former one: itself, or those in it for the
// platforms of ours.
func (r *Resolver) expand(ctx context.Context, root *image.Manifest, f former) ([]formerImage, error) {
	desc, raw := f.desc, f.raw
	if raw == nil {
		var err error
		if desc, raw, err = r.Registry.Manifest(ctx, f.repo.Digest(f.desc.Digest.String())); err != nil {
			return nil, err
		}
	}
	switch {
	case desc.MediaType.IsImage():
		one, ok := parseFormer(desc, raw)
		if !ok {
			return nil, nil
		}
		return []formerImage{one}, nil
	case desc.MediaType.IsIndex():
		return r.children(ctx, root, f.repo, raw)
	}
	return nil, nil
}

func parseFormer(desc v1.Descriptor, raw []byte) (formerImage, bool) {
	out := formerImage{desc: v1.Descriptor{MediaType: desc.MediaType, Digest: desc.Digest, Size: desc.Size}, raw: raw}
	err := json.Unmarshal(raw, &out.Manifest) // what cannot be read shares nothing
	return out, err == nil
}

// children reads the images of an index that are for platforms of ours.
func (r *Resolver) children(ctx context.Context, root *image.Manifest, repo name.Repository, raw []byte) ([]formerImage, error) {
	var index v1.IndexManifest
	_ = json.Unmarshal(raw, &index) // what cannot be read names no images
	var chosen []v1.Descriptor
	nested := false
	for _, d := range index.Manifests {
		nested = nested || d.MediaType.IsIndex()
		if d.MediaType.IsImage() && runsAs(root, d.Platform) && len(chosen) < maxFormers {
			chosen = append(chosen, d)
		}
	}
	out := make([]formerImage, len(chosen), len(chosen)+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(probes)
	for i, d := range chosen {
		group.Go(func() error {
			desc, raw, err := r.Registry.Manifest(ctx, repo.Digest(d.Digest.String()))
			if err == nil {
				out[i], _ = parseFormer(desc, raw)
			}
			return registry.IgnoreAbsent(err)
		})
	}
	err := group.Wait()
	if nested || len(chosen) == maxFormers { // there may be more, of which nothing is known
		out = append(out, formerImage{})
	}
	return out, err
}

// said asks all images what their layers are; nil for one that does not say.
// The error is that of one that could not be asked.
func (r *Resolver) said(ctx context.Context, root *image.Manifest, f former, images []formerImage) ([][]v1.Hash, error) {
	out := make([][]v1.Hash, len(images))
	errs := make([]error, len(images))
	var group errgroup.Group
	group.SetLimit(probes)
	for i, old := range images {
		group.Go(func() error {
			out[i], errs[i] = r.diffIDs(ctx, f, old, sameConfig(root, old))
			return nil // the others are asked all the same
		})
	}
	_ = group.Wait()
	return out, errors.Join(errs...)
}

// runsAs reports whether an image of ours is for the platform. What says of
// itself no platform may be for any.
func runsAs(root *image.Manifest, p *v1.Platform) bool {
	for _, m := range image.Manifests(root) {
		if m.Runs() && (p == nil || m.Platform == nil || m.Platform.Satisfies(v1.Platform{OS: p.OS, Architecture: p.Architecture})) {
			return true
		}
	}
	return false
}

// sameConfig finds the pending image of ours that has the config of a former
// one, and with it the same layers; nil if none has.
func sameConfig(root *image.Manifest, old formerImage) *image.Manifest {
	for _, m := range image.Manifests(root) {
		if m.Pending() && m.Runs() && m.Blobs[0].Descriptor.Digest == old.Config.Digest && len(m.Blobs) == len(old.Layers)+1 {
			return m
		}
	}
	return nil
}

// diffIDs are the digests of the plain layers of a former image: those of ours
// where the config is the same, else as its config says.
// Of an index that a store pulled, other images than the one it took are not
// believed: nothing has ever checked them.
func (r *Resolver) diffIDs(ctx context.Context, f former, old formerImage, ours *image.Manifest) ([]v1.Hash, error) {
	said, err := r.saidOf(ctx, f.repo, old, ours)
	if f.diffIDs != nil && !slices.Equal(f.diffIDs, said) {
		return nil, err
	}
	return said, err
}

// saidOf reads what a former image says that its layers are.
func (r *Resolver) saidOf(ctx context.Context, repo name.Repository, old formerImage, ours *image.Manifest) ([]v1.Hash, error) {
	if ours != nil {
		var out []v1.Hash
		for _, b := range ours.Blobs[1:] {
			out = append(out, b.DiffID)
		}
		return out, nil
	}
	if old.Config.Size <= 0 || old.Config.Size > image.MaxConfig || !old.Config.MediaType.IsConfig() {
		return nil, nil
	}
	body, err := r.Registry.Blob(ctx, repo, old.Config)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, image.MaxConfig))
	return image.DiffIDs(raw), err
}
