package pull

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Select returns the image for a platform from a tree that was already read. It
// uses the same rules as [Puller.Resolve]. If the tree has no such image, Select
// returns a *diag.Error with the code [CodePlatformMissing]. The title of the error
// contains the parameter name.
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
