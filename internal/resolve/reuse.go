package resolve

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// maxConfig bounds a config that is read to compare, in bytes.
const maxConfig = 8 << 20

// reuse settles pending blobs by what the registry has already. A docker save
// tar names its layers by the digest of their plain bytes; the image that a
// tag points at names the same plain layers in its config, and their
// compressed digests in its manifest. What is found so is neither read nor
// compressed.
func (r *Resolver) reuse(ctx context.Context, found *Found) error {
	if !found.Root.Pending() {
		return nil
	}
	for i := range found.Targets {
		if err := r.reuseFrom(ctx, found, &found.Targets[i]); err != nil || !found.Root.Pending() {
			return err
		}
	}
	return nil
}

func (r *Resolver) reuseFrom(ctx context.Context, found *Found, t *Target) error {
	for _, a := range t.answers {
		if a.desc.Digest == (v1.Hash{}) {
			continue
		}
		desc, raw, err := r.fetch(ctx, t, a)
		if err != nil {
			return present(err)
		}
		var old v1.Manifest
		if json.Unmarshal(raw, &old) != nil || !desc.MediaType.IsImage() {
			continue
		}
		if old.Config.Digest == found.Root.Blobs[0].Descriptor.Digest && len(old.Layers) == len(found.Root.Blobs)-1 {
			r.adopt(found.Root, t, desc, raw, old.Layers)
			return nil
		}
		return r.match(ctx, found.Root, t, old)
	}
	return nil
}

func (r *Resolver) fetch(ctx context.Context, t *Target, a tagged) (v1.Descriptor, []byte, error) {
	if a.raw != nil {
		return a.desc, a.raw, nil
	}
	return r.Registry.Manifest(ctx, t.Repo.Digest(a.desc.Digest.String()))
}

// adopt takes the registry's manifest for ours: the same config means the
// same plain layers in the same order.
func (r *Resolver) adopt(root *image.Manifest, t *Target, desc v1.Descriptor, raw []byte, layers []v1.Descriptor) {
	for i, layer := range layers {
		r.settle(root.Blobs[i+1], t.Repo, layer)
	}
	root.Raw, root.Descriptor = raw, desc
	t.HasRoot = true
}

// match finds layers that the tagged image shares with ours.
func (r *Resolver) match(ctx context.Context, root *image.Manifest, t *Target, old v1.Manifest) error {
	diffs, err := r.diffIDs(ctx, t.Repo, old.Config)
	if err != nil {
		return present(err)
	}
	compressed := map[v1.Hash]v1.Descriptor{}
	for i, diff := range diffs {
		if i < len(old.Layers) {
			compressed[diff] = old.Layers[i]
		}
	}
	if t.HasBlobs == nil {
		t.HasBlobs = map[v1.Hash]bool{}
	}
	for _, b := range root.Blobs {
		layer, ok := compressed[b.DiffID]
		if b.Pending() && ok && sameFamily(layer, b.Descriptor) {
			r.settle(b, t.Repo, layer)
			t.HasBlobs[layer.Digest] = true
		}
	}
	return nil
}

// settle gives a pending layer the digest it has in the registry. From then
// on its compressed bytes are the registry's: ours may differ.
func (r *Resolver) settle(b *image.Blob, repo name.Repository, layer v1.Descriptor) {
	b.Descriptor = layer
	b.MountFrom = append(b.MountFrom, repo)
	b.Open = func(ctx context.Context) (io.ReadCloser, error) { return r.Registry.Blob(ctx, repo, layer) }
}

// sameFamily keeps Docker's media types among themselves, and OCI's.
func sameFamily(a, b v1.Descriptor) bool {
	docker := func(d v1.Descriptor) bool { return strings.Contains(string(d.MediaType), ".docker.") }
	return docker(a) == docker(b)
}

func (r *Resolver) diffIDs(ctx context.Context, repo name.Repository, config v1.Descriptor) ([]v1.Hash, error) {
	if config.Size > maxConfig {
		return nil, nil
	}
	body, err := r.Registry.Blob(ctx, repo, config)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var file struct {
		RootFS struct {
			DiffIDs []v1.Hash `json:"diff_ids"`
		} `json:"rootfs"`
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxConfig))
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(raw, &file) != nil {
		return nil, nil // no image's config: then it shares no layers
	}
	return file.RootFS.DiffIDs, nil
}
