package storage

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
)

// maxOrigins is the maximum number of images that Origins inspects. The limit
// is necessary, because each inspection starts podman or buildah once.
const maxOrigins = 16

// Origins lists images in registries that share layers with the image that has the given
// ID. Origins lists only images in repositories for which the function "wanted" returns
// true. The image with the most shared layers is the first in the list. The list contains
// only images for which the storage records a repository.
func (s *Storage) Origins(ctx context.Context, id string, wanted func(name.Repository) bool) ([]image.Origin, error) {
	t, env, err := s.tool(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := program.Output(ctx, env, t.name, t.list...)
	if err != nil {
		return nil, err
	}
	all, err := t.listed(answer)
	if err != nil {
		return nil, fmt.Errorf("parsing the image list of %s: %w", t.name, err)
	}
	self, err := t.describe(ctx, env, id)
	if err != nil {
		return nil, err
	}
	var out []image.Origin
	looked := 0
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if len(image.Origins(all[key], nil, wanted)) == 0 || looked == maxOrigins {
			continue
		}
		looked++
		other, err := t.describe(ctx, env, key)
		if err != nil {
			return nil, err
		}
		if image.IsBase(other.diffIDs, self.diffIDs) {
			out = append(out, image.Origins(other.references, other.diffIDs, wanted)...)
		}
	}
	slices.SortStableFunc(out, func(a, b image.Origin) int { return cmp.Compare(len(b.DiffIDs), len(a.DiffIDs)) })
	return out, nil
}
