package push

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// These constants limit the tree of manifests and blobs that a pull reads from a
// registry.
const (
	maxDepth = 8       // nested indexes
	maxNodes = 200_000 // maxNodes is the maximum number of different manifests and blobs.
)

// Pulled counts the manifests, blobs and bytes of a pull.
type Pulled struct {
	Manifests, Blobs int
	Bytes            int64 // Bytes is the total size of the blobs that the manifests state.
}

// Pull reads the complete tree below a digest, level by level. Pull reads and verifies
// the manifests. If the argument "readBlobs" is true, Pull also reads and verifies the
// blobs. If the argument "readBlobs" is false, Pull only checks that the blobs exist. An
// error means that clients cannot pull the image. If the manifests of the tree are known
// already, PullTree needs fewer round trips.
func Pull(ctx context.Context, client *registry.Client, repo name.Repository, digest v1.Hash, readBlobs bool) (Pulled, error) {
	w := &walker{client: client, repo: repo, readBlobs: readBlobs, seen: map[v1.Hash]bool{digest: true}}
	level := []v1.Descriptor{{Digest: digest}}
	for depth := 0; len(level) > 0; depth++ {
		if depth > maxDepth {
			return w.pulled, fmt.Errorf("reading %s: the indexes are nested deeper than %d levels", digest, maxDepth)
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

// PullTree pulls an image whose manifests are known. PullTree reads the root first,
// because the root is possibly absent. The function then reads all other manifests and
// blobs concurrently. PullTree reads and verifies every manifest. To check that a blob
// exists, PullTree follows the redirect of the blob, but does not read the blob.
func PullTree(ctx context.Context, client *registry.Client, repo name.Repository, root *image.Manifest) error {
	if _, _, err := client.Manifest(ctx, repo.Digest(root.Descriptor.Digest.String())); err != nil {
		return err
	}
	below := image.Manifests(root)
	return pullConcurrently(ctx, client, repo, below[:len(below)-1], image.Blobs(root)) // The root is the last entry.
}

// pullConcurrently reads all given manifests concurrently, and checks at the same time
// that the given blobs exist.
func pullConcurrently(ctx context.Context, client *registry.Client, repo name.Repository, manifests []*image.Manifest, blobs []*image.Blob) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return each(ctx, manifests, func(ctx context.Context, m *image.Manifest) error {
			_, _, err := client.Manifest(ctx, repo.Digest(m.Descriptor.Digest.String()))
			return err
		})
	})
	group.Go(func() error {
		return each(ctx, blobs, func(ctx context.Context, b *image.Blob) error {
			return client.ProbeBlob(ctx, repo, b.Descriptor)
		})
	})
	return group.Wait()
}

// walker reads a tree in a registry. The walker reads each digest only once.
type walker struct {
	client *registry.Client
	repo   name.Repository
	seen   map[v1.Hash]bool
	blobs  []v1.Descriptor
	pulled Pulled

	readBlobs bool
}

// manifests reads all manifests of one level of the tree and returns the manifests of
// the next level.
func (w *walker) manifests(ctx context.Context, level []v1.Descriptor) ([]v1.Descriptor, error) {
	nodes := make([]*document.Document, len(level))
	indexes := make([]int, len(level))
	for i := range indexes {
		indexes[i] = i
	}
	err := each(ctx, indexes, func(ctx context.Context, i int) error {
		desc, raw, err := w.client.Manifest(ctx, w.repo.Digest(level[i].Digest.String()))
		if err != nil {
			return err
		}
		if nodes[i], err = document.Parse("manifest "+desc.Digest.String(), raw, desc.MediaType); err != nil {
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
		next = append(next, w.unseen(n.Manifests)...)
		for _, b := range w.unseen(n.Blobs()) {
			if !foreign(b) {
				w.blobs = append(w.blobs, b)
			}
		}
	}
	if len(w.seen) > maxNodes {
		return nil, fmt.Errorf("reading %s: the image contains more than %d manifests and blobs", w.repo, maxNodes)
	}
	return next, nil
}

// unseen returns the descriptors whose digests the walker has not read.
func (w *walker) unseen(list []v1.Descriptor) []v1.Descriptor {
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
	if !w.readBlobs {
		return w.client.ProbeBlob(ctx, w.repo, desc)
	}
	body, err := w.client.Blob(ctx, w.repo, desc)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
}

// foreign reports whether clients download a layer from URLs in the manifest instead
// of the registry.
func foreign(d v1.Descriptor) bool {
	return len(d.URLs) > 0 || d.MediaType == types.DockerForeignLayer || !d.MediaType.IsDistributable()
}

// each calls the function "do" concurrently for every item.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for _, item := range items {
		group.Go(func() error { return do(ctx, item) })
	}
	return group.Wait()
}
