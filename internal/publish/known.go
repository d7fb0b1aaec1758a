package publish

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/singleflight"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxKnown is the maximum total size of the content that knownContent keeps, in bytes.
const maxKnown = 32 << 20

// knownContent reads a registry and keeps the manifests and configs that it has read. The
// tag policy and the comparison of images read the same previous images. knownContent
// also knows the manifests of the new image, because a previous index often contains
// some of these manifests. It implements [source.Remote] and [protect.Remote].
type knownContent struct {
	registry *registry.Client

	mu        sync.Mutex
	manifests map[string]manifest // by the digest
	configs   map[v1.Hash][]byte
	remaining int64

	flights singleflight.Group
}

type manifest struct {
	desc v1.Descriptor
	raw  []byte
}

func newKnownContent(client *registry.Client) *knownContent {
	return &knownContent{registry: client, manifests: map[string]manifest{}, configs: map[v1.Hash][]byte{}, remaining: maxKnown}
}

// learn stores the manifests of the new image.
func (k *knownContent) learn(root *image.Manifest) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range image.Manifests(root) {
		if m.Raw != nil && !m.Pending() {
			d := m.Descriptor
			k.manifests[d.Digest.String()] = manifest{v1.Descriptor{MediaType: d.MediaType, Digest: d.Digest, Size: d.Size}, m.Raw}
		}
	}
}

// Manifest implements [source.Remote]. Concurrent calls for one manifest send one request.
func (k *knownContent) Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	read, err, _ := k.flights.Do(ref.Name(), func() (any, error) { return k.manifest(ctx, ref) })
	if err != nil {
		return v1.Descriptor{}, nil, err
	}
	found := read.(manifest)
	return found.desc, found.raw, nil
}

func (k *knownContent) manifest(ctx context.Context, ref name.Reference) (manifest, error) {
	k.mu.Lock()
	found, ok := k.manifests[ref.Identifier()]
	k.mu.Unlock()
	if ok {
		return found, nil
	}
	desc, raw, err := k.registry.Manifest(ctx, ref)
	if err == nil && k.keep(int64(len(raw))) {
		k.mu.Lock()
		k.manifests[desc.Digest.String()] = manifest{desc, raw}
		k.mu.Unlock()
	}
	return manifest{desc, raw}, err
}

// Blob implements [source.Remote]. Concurrent calls for one config send one request.
func (k *knownContent) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	if !desc.MediaType.IsConfig() || desc.Size > image.MaxConfig {
		return k.registry.Blob(ctx, repo, desc)
	}
	read, err, _ := k.flights.Do("blob "+repo.Name()+"@"+desc.Digest.String(), func() (any, error) { return k.config(ctx, repo, desc) })
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(read.([]byte))), nil
}

func (k *knownContent) config(ctx context.Context, repo name.Repository, desc v1.Descriptor) ([]byte, error) {
	k.mu.Lock()
	raw, ok := k.configs[desc.Digest]
	k.mu.Unlock()
	if ok {
		return raw, nil
	}
	body, err := k.registry.Blob(ctx, repo, desc)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err = io.ReadAll(io.LimitReader(registry.Verify(body, desc), desc.Size+1)) // The caller limits the size.
	if err == nil && k.keep(desc.Size) {
		k.mu.Lock()
		k.configs[desc.Digest] = raw
		k.mu.Unlock()
	}
	return raw, err
}

// keep reports whether content of this size may be kept.
func (k *knownContent) keep(size int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if size < 0 || size > k.remaining {
		return false
	}
	k.remaining -= size
	return true
}
