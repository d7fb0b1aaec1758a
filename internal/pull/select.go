package pull

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Select finds the image for a platform in a tree that is read already, by
// the rules of Resolve. The name is for the error that there is none.
func Select(name string, root *image.Manifest, want v1.Platform) (*image.Manifest, error) {
	var best *image.Manifest
	var names []string
	for _, m := range image.Images(root) {
		names = append(names, Name(m.Platform))
		if matches(want, *m.Platform) && (best == nil || closer(want, *m.Platform, *best.Platform)) {
			best = m
		}
	}
	if best == nil {
		return nil, missing(name, want, names)
	}
	return best, nil
}
