package push

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
)

// sharedBlobs finds blobs that several images of one release have.
type sharedBlobs struct {
	byRecord  map[*image.Blob]*delivery
	byContent map[image.Identity]*delivery
	// has maps a blob to the repositories that had the blob before the run.
	has map[v1.Hash][]name.Repository
}

func newSharedBlobs() *sharedBlobs {
	return &sharedBlobs{byRecord: map[*image.Blob]*delivery{}, byContent: map[image.Identity]*delivery{}, has: map[v1.Hash][]name.Repository{}}
}

// present records that a destination had the blob before the run.
func (s *sharedBlobs) present(d destination) {
	if !d.blob.Pending() {
		digest := d.blob.Descriptor.Digest
		s.has[digest] = append(s.has[digest], d.repo())
	}
}

// delivery returns the delivery of a blob, which is empty for the first destination.
func (s *sharedBlobs) delivery(b *image.Blob) *delivery {
	if d := s.byRecord[b]; d != nil {
		return d
	}
	id := b.Identity()
	d := s.byContent[id]
	if d == nil {
		d = &delivery{}
	}
	if id.Known() { // Without a digest, the content of two blobs cannot be compared.
		s.byContent[id] = d
	}
	s.byRecord[b] = d
	return d
}

// mountFromOthers adds the repositories of other images that had the blob before the run.
func (s *sharedBlobs) mountFromOthers(d *delivery) {
	first := d.to[0]
	for _, repo := range s.has[first.blob.Descriptor.Digest] {
		ours := slices.ContainsFunc(first.work.plan.Targets, func(t plan.Target) bool { return t.Repo.Name() == repo.Name() })
		if !ours && !slices.Contains(first.blob.MountFrom, repo) {
			first.blob.MountFrom = append(first.blob.MountFrom, repo)
		}
	}
}
