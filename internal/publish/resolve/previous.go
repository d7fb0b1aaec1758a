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
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxPrevious is the maximum number of images of one index that the run reads.
const maxPrevious = 64

// previous is an image or index in a registry. The run compares the layers of previous
// with the layers of the image of the run.
type previous struct {
	repo name.Repository
	desc v1.Descriptor
	raw  []byte // The field "raw" is nil until the run reads the manifest.
	// diffIDs are the diff ids that an engine verified when it pulled the previous image.
	// If no engine has pulled the previous image, diffIDs is nil.
	diffIDs []v1.Hash
}

func (f previous) String() string { return f.repo.Digest(f.desc.Digest.String()).String() }

// previousImage is one image in a registry. The run compares the layers of previousImage
// with the layers of the image of the run. A previousImage can be an image of an index.
type previousImage struct {
	v1.Manifest
	desc v1.Descriptor
	raw  []byte
}

// expand reads a previous image or index. If the argument f is an image, expand
// returns this image. If f is an index, expand returns its images for the platforms
// of the root.
func (r *Resolver) expand(ctx context.Context, root *image.Manifest, f previous) ([]previousImage, error) {
	desc, raw := f.desc, f.raw
	if raw == nil {
		var err error
		if desc, raw, err = r.registry().Manifest(ctx, f.repo.Digest(f.desc.Digest.String())); err != nil {
			return nil, err
		}
	}
	switch {
	case desc.MediaType.IsImage():
		one, ok := parsePrevious(desc, raw)
		if !ok {
			return nil, nil
		}
		return []previousImage{one}, nil
	case desc.MediaType.IsIndex():
		return r.children(ctx, root, f.repo, desc, raw)
	}
	return nil, nil
}

func parsePrevious(desc v1.Descriptor, raw []byte) (previousImage, bool) {
	out := previousImage{desc: v1.Descriptor{MediaType: desc.MediaType, Digest: desc.Digest, Size: desc.Size}, raw: raw}
	// The run does not reuse the layers of an invalid manifest.
	if _, err := document.Parse(desc.Digest.String(), raw, desc.MediaType); err != nil {
		return out, false
	}
	return out, json.Unmarshal(raw, &out.Manifest) == nil
}

// children reads the images of an index that are for the platforms of the root.
func (r *Resolver) children(ctx context.Context, root *image.Manifest, repo name.Repository, at v1.Descriptor, raw []byte) ([]previousImage, error) {
	index, invalid := document.Parse(at.Digest.String(), raw, at.MediaType)
	if invalid != nil { // The run does not reuse the layers of an invalid index.
		index = &document.Document{}
	}
	var chosen []v1.Descriptor
	nested := false
	for _, d := range index.Manifests {
		nested = nested || d.MediaType.IsIndex()
		if d.MediaType.IsImage() && runsAs(root, d.Platform) && len(chosen) < maxPrevious {
			chosen = append(chosen, d)
		}
	}
	out := make([]previousImage, len(chosen), len(chosen)+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentProbes)
	for i, d := range chosen {
		group.Go(func() error {
			desc, raw, err := r.registry().Manifest(ctx, repo.Digest(d.Digest.String()))
			if err == nil {
				out[i], _ = parsePrevious(desc, raw)
			}
			return registry.IgnoreAbsent(err)
		})
	}
	err := group.Wait()
	// If some images were not read, one empty entry represents these images.
	if nested || len(chosen) == maxPrevious {
		out = append(out, previousImage{})
	}
	return out, err
}

// allDiffIDs reads the diff ids of all images. An entry is nil if its image does
// not state its diff ids. The error joins the errors of all images that could not
// be read.
func (r *Resolver) allDiffIDs(ctx context.Context, root *image.Manifest, f previous, images []previousImage) ([][]v1.Hash, error) {
	out := make([][]v1.Hash, len(images))
	errs := make([]error, len(images))
	var group errgroup.Group
	group.SetLimit(maxConcurrentProbes)
	for i, old := range images {
		group.Go(func() error {
			out[i], errs[i] = r.diffIDs(ctx, f, old, sameConfig(root, old))
			return nil // The result is nil, so that an error does not stop the reads of other images.
		})
	}
	_ = group.Wait()
	return out, errors.Join(errs...)
}

// runsAs reports whether the root manifest, or an image in the root index, is for the
// platform. An image that states
// no platform can be for any platform.
func runsAs(root *image.Manifest, p *v1.Platform) bool {
	for _, m := range image.Manifests(root) {
		if m.IsRunnable() && (p == nil || m.Platform == nil || m.Platform.Satisfies(v1.Platform{OS: p.OS, Architecture: p.Architecture})) {
			return true
		}
	}
	return false
}

// sameConfig returns the pending image of the root that has the same config as a
// previous image. Two images with the same config have the same uncompressed layers.
// If the root has no such image, sameConfig returns nil.
func sameConfig(root *image.Manifest, old previousImage) *image.Manifest {
	for _, m := range image.Manifests(root) {
		if m.Pending() && m.IsRunnable() && m.Blobs[0].Descriptor.Digest == old.Config.Digest && len(m.Blobs) == len(old.Layers)+1 {
			return m
		}
	}
	return nil
}

// diffIDs returns the diff ids of a previous image. If an engine has pulled an image of
// an index, diffIDs uses only this image. The engine did not verify the other images of
// the index.
func (r *Resolver) diffIDs(ctx context.Context, f previous, old previousImage, ours *image.Manifest) ([]v1.Hash, error) {
	stated, err := r.statedDiffIDs(ctx, f.repo, old, ours)
	if f.diffIDs != nil && !slices.Equal(f.diffIDs, stated) {
		return nil, err
	}
	return stated, err
}

// statedDiffIDs returns the diff ids that the config of a previous image states. The
// argument "ours" is nil, or an image of the run that has the same config. If "ours" is
// an image, statedDiffIDs does not read the config from the registry.
func (r *Resolver) statedDiffIDs(ctx context.Context, repo name.Repository, old previousImage, ours *image.Manifest) ([]v1.Hash, error) {
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
	body, err := r.registry().Blob(ctx, repo, old.Config)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, image.MaxConfig))
	return image.DiffIDs(raw), err
}
