package docker

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// maxOrigins is the maximum number of other images in the engine whose layers
// Origins compares.
const maxOrigins = 32

// Origins returns images in registries that share layers with the image that has the
// given id. The image with the most shared layers is the first in the list. Origins can
// find these images, because the engine records the repositories from which it pulled an
// image and to which it pushed an image. Origins returns only images in repositories for
// which the function "wanted" returns true.
func (e *Engine) Origins(ctx context.Context, id string, wanted func(name.Repository) bool) ([]image.Origin, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	var self Image
	if err := c.getJSON(ctx, "/images/"+id+"/json", &self); err != nil {
		return nil, err
	}
	var all []Image
	if err := c.getJSON(ctx, "/images/json", &all); err != nil {
		return nil, err
	}
	out := image.Origins(self.RepoDigests, self.RootFS.Layers, wanted)
	compared := 0
	for _, other := range all {
		if other.ID == self.ID || len(image.Origins(other.RepoDigests, nil, wanted)) == 0 || compared == maxOrigins {
			continue
		}
		compared++
		err := c.getJSON(ctx, "/images/"+other.ID+"/json", &other)
		if isNotFound(err) {
			continue // Another program removed the image after the engine sent the list of images.
		}
		if err != nil {
			return nil, err
		}
		if image.IsBase(other.RootFS.Layers, self.RootFS.Layers) {
			out = append(out, image.Origins(other.RepoDigests, other.RootFS.Layers, wanted)...)
		}
	}
	slices.SortStableFunc(out, func(a, b image.Origin) int { return cmp.Compare(len(b.DiffIDs), len(a.DiffIDs)) })
	return out, nil
}
