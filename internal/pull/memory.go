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

// maxRemembered bounds the configs that are kept while a tree is read, in
// bytes. What is more is fetched again when it is written.
const maxRemembered = 8 << 20

// memory is a client that has the manifest it resolved, and keeps the configs
// that are read for their platform, so that nothing is asked for twice.
type memory struct {
	*registry.Client
	desc v1.Descriptor
	raw  []byte

	mu      sync.Mutex
	room    int64
	configs map[v1.Hash][]byte
	// only, once the tree is read, is the one blob that is kept still: the
	// config of a single image, which a sink may look into before it takes it.
	// All others only pass.
	opened bool
	only   v1.Hash
}

// Manifest implements source.Remote.
func (m *memory) Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	if ref.Identifier() == m.desc.Digest.String() {
		return m.desc, m.raw, nil
	}
	return m.Client.Manifest(ctx, ref)
}

// Blob implements source.Remote.
func (m *memory) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	raw, keep := m.recall(desc)
	if raw != nil {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}
	r, err := m.Client.Blob(ctx, repo, desc)
	if err != nil || !keep {
		return r, err
	}
	defer r.Close()
	raw, err = io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.configs == nil {
		m.configs = map[v1.Hash][]byte{}
	}
	m.room -= desc.Size
	m.configs[desc.Digest] = raw
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// recall is a blob that was read before, or whether it is to be kept now.
func (m *memory) recall(desc v1.Descriptor) (raw []byte, keep bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if raw, ok := m.configs[desc.Digest]; ok && int64(len(raw)) == desc.Size {
		return raw, false
	}
	return nil, desc.Size <= m.room && (!m.opened || desc.Digest == m.only)
}
