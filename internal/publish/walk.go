package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// maxDepth bounds how deep indexes may nest in what a registry answers.
const maxDepth = 8

// Pulled counts what a pull saw.
type Pulled struct {
	Manifests, Blobs int
	Bytes            int64 // of blobs, as their manifests say
}

// Pull visits everything below a digest: manifests are read and hashed; blobs
// are read whole and hashed if every is set, else only asked for. An error
// means that the image cannot be pulled whole.
func Pull(ctx context.Context, client *registry.Client, repo name.Repository, digest v1.Hash, every bool) (Pulled, error) {
	group, ctx := errgroup.WithContext(ctx)
	w := &walker{client: client, repo: repo, every: every, group: group, slots: make(chan struct{}, strangers), seen: map[v1.Hash]bool{}}
	w.manifest(ctx, digest, 0)
	err := group.Wait()
	return w.pulled, err
}

// walker visits a tree in a registry: manifests are read and hashed, blobs
// asked for. Each digest once, slots at a time.
type walker struct {
	client *registry.Client
	repo   name.Repository
	group  *errgroup.Group
	slots  chan struct{}
	every  bool

	mu     sync.Mutex
	seen   map[v1.Hash]bool
	pulled Pulled
}

// node is what a manifest or an index says of what is below it.
type node struct {
	Manifests []v1.Descriptor `json:"manifests"`
	Config    *v1.Descriptor  `json:"config"`
	Layers    []v1.Descriptor `json:"layers"`
}

func (w *walker) manifest(ctx context.Context, digest v1.Hash, depth int) {
	w.visit(digest, func() error {
		if depth > maxDepth {
			return fmt.Errorf("reading %s: indexes nest deeper than %d", digest, maxDepth)
		}
		_, raw, err := w.client.Manifest(ctx, w.repo.Digest(digest.String()))
		if err != nil {
			return err
		}
		w.count(Pulled{Manifests: 1})
		var n node
		if err := json.Unmarshal(raw, &n); err != nil {
			return fmt.Errorf("reading manifest %s: %w", digest, err)
		}
		for _, child := range n.Manifests {
			w.manifest(ctx, child.Digest, depth+1)
		}
		if n.Config != nil {
			w.blob(ctx, *n.Config)
		}
		for _, layer := range n.Layers {
			w.blob(ctx, layer)
		}
		return nil
	})
}

func (w *walker) blob(ctx context.Context, desc v1.Descriptor) {
	if foreign(desc) {
		return
	}
	w.visit(desc.Digest, func() error {
		w.count(Pulled{Blobs: 1, Bytes: desc.Size})
		if !w.every {
			return w.client.ProbeBlob(ctx, w.repo, desc)
		}
		body, err := w.client.Blob(ctx, w.repo, desc)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, body)
		return errors.Join(err, body.Close())
	})
}

func (w *walker) count(p Pulled) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pulled.Manifests += p.Manifests
	w.pulled.Blobs += p.Blobs
	w.pulled.Bytes += p.Bytes
}

// foreign layers are fetched from their own URLs, not from the registry.
func foreign(d v1.Descriptor) bool {
	return len(d.URLs) > 0 || d.MediaType == types.DockerForeignLayer || !d.MediaType.IsDistributable()
}

func (w *walker) visit(digest v1.Hash, look func() error) {
	w.mu.Lock()
	known := w.seen[digest]
	w.seen[digest] = true
	w.mu.Unlock()
	if known {
		return
	}
	w.group.Go(func() error {
		w.slots <- struct{}{}
		defer func() { <-w.slots }()
		return look()
	})
}
