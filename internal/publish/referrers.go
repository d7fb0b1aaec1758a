package publish

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// maxConcurrentReads is the maximum number of manifests that the run reads
// concurrently.
const maxConcurrentReads = 16

// Referrers finds the manifests that refer to an image or index in a registry. For an
// index, Referrers also finds the manifests that refer to the images of the index. If
// the destination is the repository of the image, Referrers finds nothing, because
// this repository already has the manifests.
type Referrers struct {
	Registry *registry.Client
	From     name.Reference
}

// Find implements [Attachments].
func (f Referrers) Find(ctx context.Context, root *image.Manifest, to name.Repository) ([]Attachment, error) {
	if to.Name() == f.From.Context().Name() {
		return nil, nil
	}
	search := &referrerSearch{registry: f.Registry, from: f.From.Context(), to: to}
	out, err := search.run(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("reading the referrers of %s: %w", f.From, err)
	}
	return out, nil
}

// referrerSearch finds the referrers that the run copies from one repository to another
// repository.
type referrerSearch struct {
	registry *registry.Client
	from, to name.Repository

	mu    sync.Mutex
	found []Attachment
}

func (s *referrerSearch) run(ctx context.Context, root *image.Manifest) ([]Attachment, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	for _, m := range subjects(root) {
		subject := m.Descriptor.Digest
		for _, kind := range referrers.CosignTags {
			group.Go(func() error { return s.tagged(ctx, referrers.Tag(subject)+kind.Suffix) })
		}
		group.Go(func() error { return s.listed(ctx, subject) })
	}
	err := group.Wait()
	slices.SortFunc(s.found, func(a, b Attachment) int { return cmp.Compare(a.String(), b.String()) })
	return s.found, err
}

func (s *referrerSearch) add(a Attachment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = append(s.found, a)
}

// tagged reads the manifest with a tag of cosign, if this manifest exists.
func (s *referrerSearch) tagged(ctx context.Context, tag string) error {
	root, err := s.tree(ctx, s.from.Tag(tag))
	if root != nil {
		s.add(Attachment{Repository: s.to, Root: root, Tag: tag})
	}
	return err
}

// listed reads the manifests in the list of referrers of a subject.
func (s *referrerSearch) listed(ctx context.Context, subject v1.Hash) error {
	list, err := referrers.List(ctx, s.registry, s.from, subject)
	if err != nil {
		return err
	}
	for _, entry := range list {
		root, err := s.tree(ctx, s.from.Digest(entry.Digest.String()))
		if err != nil {
			return err
		}
		if root != nil { // The list may contain a manifest that was deleted.
			s.add(Attachment{Repository: s.to, Root: root, Subject: subject, Entry: entry})
		}
	}
	return nil
}

// tree reads a manifest and all manifests below it. tree returns nil if the registry
// does not have the manifest.
func (s *referrerSearch) tree(ctx context.Context, ref name.Reference) (*image.Manifest, error) {
	src, err := source.Open(ctx, "docker://"+ref.Name(), source.Options{Remote: s.registry, SkipPlatform: true})
	if registry.IsAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return src.Root, nil
}

// subjects returns the manifests that can be signed. subjects skips the attestations of
// BuildKit, which are also manifests of the index.
func subjects(root *image.Manifest) []*image.Manifest {
	return slices.DeleteFunc(image.Manifests(root), func(m *image.Manifest) bool {
		return m.Platform != nil && m.Platform.OS == "unknown"
	})
}
