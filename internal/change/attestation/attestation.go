// Package attestation takes BuildKit's attestations (provenance, SBOM) out of an
// image that is published without them: package pages and old clients take them
// for images of an unknown platform, and the time in them gives every build
// another digest. It is used only where the user asked for it.
package attestation

import (
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// Strip leaves them out of an index, and says how many there were. An index of
// one image that remains becomes that image, as it would have been built
// without.
func Strip(root *image.Manifest) (int, error) {
	if !slices.ContainsFunc(root.Children, (*image.Manifest).Attests) {
		return 0, nil
	}
	before := len(root.Children)
	if err := rewrite.Without(root, (*image.Manifest).Attests); err != nil {
		return 0, err
	}
	gone := before - len(root.Children)
	if len(root.Children) == 1 && !root.Children[0].Index() {
		*root = *root.Children[0]
	}
	return gone, nil
}
