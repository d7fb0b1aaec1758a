package pull

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxCached is the maximum total size of the cached configs of an image or
// index, in bytes. If a config does not fit into the cache, the program
// fetches the config again before it writes the config to the sink.
const maxCached = 8 << 20

// cachingClient is a client with a cache. The cache contains the root and the
// configs that package source has read, because package source reads the
// platform of an image from its config. For content in the cache, the client
// sends no request.
type cachingClient struct {
	*registry.Client
	desc v1.Descriptor
	raw  []byte

	mu        sync.Mutex
	remaining int64 // the number of bytes that the cache can still store
	configs   map[v1.Hash][]byte
	// treeRead is true after package source has read all manifests. From this
	// time, the cache stores only the blob whose digest is in the field
	// "config", which is the config of a single image. The config must stay in
	// the cache, because a sink can read it before the pull writes it.
	treeRead bool
	config   v1.Hash
}

// Manifest implements source.Remote.
func (c *cachingClient) Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	if ref.Identifier() == c.desc.Digest.String() {
		return c.desc, c.raw, nil
	}
	return c.Client.Manifest(ctx, ref)
}

// Blob implements source.Remote.
func (c *cachingClient) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	raw, cache := c.cached(desc)
	if raw != nil {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}
	r, err := c.Client.Blob(ctx, repo, desc)
	if err != nil || !cache {
		return r, err
	}
	defer r.Close()
	raw, err = io.ReadAll(io.LimitReader(r, desc.Size+1))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.configs == nil {
		c.configs = map[v1.Hash][]byte{}
	}
	c.remaining -= desc.Size
	c.configs[desc.Digest] = raw
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// cached returns the bytes of a blob from the cache, or nil if the cache does not have
// the blob. The result "cache" reports whether the caller must add the blob to the cache.
func (c *cachingClient) cached(desc v1.Descriptor) (raw []byte, cache bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if raw, ok := c.configs[desc.Digest]; ok && int64(len(raw)) == desc.Size {
		return raw, false
	}
	return nil, desc.Size <= c.remaining && (!c.treeRead || desc.Digest == c.config)
}
