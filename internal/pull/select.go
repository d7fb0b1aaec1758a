package pull

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Select returns the image for a platform from an index whose manifests the
// program has already read. Select chooses the image by the same rules as
// [Puller.Resolve]. If the index has no image for the platform, Select
// returns a *diag.Error with the code [CodePlatformMissing]. The argument
// "name" is the name of the index in the title of the error.
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
