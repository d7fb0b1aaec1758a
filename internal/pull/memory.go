package pull

import (
	"bytes"
	"context"
	"io"

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

	room    int64
	configs map[v1.Hash][]byte
	opened  bool // the tree is read: from here on blobs only pass
}

// Manifest implements source.Remote.
func (m *memory) Manifest(ctx context.Context, ref name.Reference) (v1.Descriptor, []byte, error) {
	if ref.Identifier() == m.desc.Digest.String() {
		return m.desc, m.raw, nil
	}
	return m.Client.Manifest(ctx, ref)
}

// Blob implements source.Remote. Configs are read one after the other, before
// any other blob, so that no lock is needed.
func (m *memory) Blob(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	if raw, ok := m.configs[desc.Digest]; ok && int64(len(raw)) == desc.Size {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}
	r, err := m.Client.Blob(ctx, repo, desc)
	if err != nil || m.opened || desc.Size > m.room {
		return r, err
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if m.configs == nil {
		m.configs = map[v1.Hash][]byte{}
	}
	m.room -= desc.Size
	m.configs[desc.Digest] = raw
	return io.NopCloser(bytes.NewReader(raw)), nil
}
