package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// The bounds of a tree that a registry answers with.
const (
	maxDepth = 8       // of indexes in each other
	maxNodes = 200_000 // manifests and blobs, each digest once
)

// Pulled counts what a pull saw.
type Pulled struct {
	Manifests, Blobs int
	Bytes            int64 // of blobs, as their manifests say
}

// Pull visits everything below a digest, level by level: manifests are read
// and hashed; blobs are read whole and hashed if every is set, else only asked
// for. An error means that the image cannot be pulled whole. Nothing is known
// beforehand; where the tree is, See takes fewer round trips.
func Pull(ctx context.Context, client *registry.Client, repo name.Repository, digest v1.Hash, every bool) (Pulled, error) {
	w := &walker{client: client, repo: repo, every: every, seen: map[v1.Hash]bool{digest: true}}
	level := []v1.Descriptor{{Digest: digest}}
	for depth := 0; len(level) > 0; depth++ {
		if depth > maxDepth {
			return w.pulled, fmt.Errorf("reading %s: indexes nest deeper than %d", digest, maxDepth)
		}
		var err error
		if level, err = w.manifests(ctx, level); err != nil {
			return w.pulled, err
		}
	}
	for _, b := range w.blobs {
		w.pulled.Blobs++
		w.pulled.Bytes += b.Size
	}
	return w.pulled, each(ctx, w.blobs, w.blob)
}

// See pulls a tree that is known, as a stranger would: the root first, since it
// may not be there, then all below it in one flight. Every manifest is read
// and hashed, every blob asked for, its redirect followed.
func See(ctx context.Context, client *registry.Client, repo name.Repository, root *image.Manifest) error {
	manifest := func(ctx context.Context, m *image.Manifest) error {
		_, _, err := client.Manifest(ctx, repo.Digest(m.Descriptor.Digest.String()))
		return err
	}
	if err := manifest(ctx, root); err != nil {
		return err
	}
	below := image.Manifests(root)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return each(ctx, below[:len(below)-1], manifest) }) // the root comes last
	group.Go(func() error {
		return each(ctx, image.Blobs(root), func(ctx context.Context, b *image.Blob) error {
			return client.ProbeBlob(ctx, repo, b.Descriptor)
		})
	})
	return group.Wait()
}

// walker visits a tree in a registry, each digest once.
type walker struct {
	client *registry.Client
	repo   name.Repository
	every  bool
	seen   map[v1.Hash]bool
	blobs  []v1.Descriptor
	pulled Pulled
}

// node is what a manifest or an index says of what is below it.
type node struct {
	Manifests []v1.Descriptor `json:"manifests"`
	Config    *v1.Descriptor  `json:"config"`
	Layers    []v1.Descriptor `json:"layers"`
}

// manifests reads one level, and gives back the next.
func (w *walker) manifests(ctx context.Context, level []v1.Descriptor) ([]v1.Descriptor, error) {
	nodes := make([]node, len(level))
	indexes := make([]int, len(level))
	for i := range indexes {
		indexes[i] = i
	}
	err := each(ctx, indexes, func(ctx context.Context, i int) error {
		_, raw, err := w.client.Manifest(ctx, w.repo.Digest(level[i].Digest.String()))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &nodes[i]); err != nil {
			return fmt.Errorf("reading manifest %s: %w", level[i].Digest, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w.pulled.Manifests += len(level)
	var next []v1.Descriptor
	for _, n := range nodes {
		next = append(next, w.fresh(n.Manifests)...)
		if n.Config != nil {
			w.blobs = append(w.blobs, w.fresh([]v1.Descriptor{*n.Config})...)
		}
		for _, layer := range w.fresh(n.Layers) {
			if !foreign(layer) {
				w.blobs = append(w.blobs, layer)
			}
		}
	}
	if len(w.seen) > maxNodes {
		return nil, fmt.Errorf("reading %s: it names more than %d manifests and blobs", w.repo, maxNodes)
	}
	return next, nil
}

// fresh leaves out what was seen before.
func (w *walker) fresh(list []v1.Descriptor) []v1.Descriptor {
	var out []v1.Descriptor
	for _, d := range list {
		if !w.seen[d.Digest] {
			w.seen[d.Digest] = true
			out = append(out, d)
		}
	}
	return out
}

func (w *walker) blob(ctx context.Context, desc v1.Descriptor) error {
	if !w.every {
		return w.client.ProbeBlob(ctx, w.repo, desc)
	}
	body, err := w.client.Blob(ctx, w.repo, desc)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
}

// foreign layers are fetched from their own URLs, not from the registry.
func foreign(d v1.Descriptor) bool {
	return len(d.URLs) > 0 || d.MediaType == types.DockerForeignLayer || !d.MediaType.IsDistributable()
}

// each calls do for every item, so many at a time as a stranger may.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(strangers)
	for _, item := range items {
		group.Go(func() error { return do(ctx, item) })
	}
	return group.Wait()
}
