package pull

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Select returns the image for a platform from a tree that is already read, by
// the rules of [Puller.Resolve]. If the tree has no such image, it returns a
// *diag.Error with the code [CodePlatformMissing], which contains the name.
func Select(name string, root *image.Manifest, want v1.Platform) (*image.Manifest, error) {
	var best *image.Manifest
	var names []string
	for _, m := range image.Images(root) {
		names = append(names, image.PlatformString(m.Platform))
		if matches(want, *m.Platform) && (best == nil || closer(want, *m.Platform, *best.Platform)) {
			best = m
		}
	}
	if best == nil {
		return nil, platformMissing(name, want, names)
	}
	return best, nil
}
