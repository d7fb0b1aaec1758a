package docker

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// maxOrigins bounds the images that are looked at for their layers.
const maxOrigins = 32

// Origins lists images in registries that have layers of the image id, those
// with the most first: the engine notes where it pulled an image from, and
// where it pushed it. Only repositories that are wanted count.
func (e *Engine) Origins(ctx context.Context, id string, wanted func(name.Repository) bool) ([]image.Origin, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	var self Image
	if err := c.ask(ctx, "/images/"+id+"/json", &self); err != nil {
		return nil, err
	}
	var all []Image
	if err := c.ask(ctx, "/images/json", &all); err != nil {
		return nil, err
	}
	out := image.Origins(self.RepoDigests, self.RootFS.Layers, wanted)
	looked := 0
	for _, other := range all {
		if other.ID == self.ID || len(image.Origins(other.RepoDigests, nil, wanted)) == 0 || looked == maxOrigins {
			continue
		}
		looked++
		err := c.ask(ctx, "/images/"+other.ID+"/json", &other)
		if isAbsent(err) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		if image.Below(other.RootFS.Layers, self.RootFS.Layers) {
			out = append(out, image.Origins(other.RepoDigests, other.RootFS.Layers, wanted)...)
		}
	}
	slices.SortStableFunc(out, func(a, b image.Origin) int { return cmp.Compare(len(b.DiffIDs), len(a.DiffIDs)) })
	return out, nil
}
