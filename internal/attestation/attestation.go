// Package attestation takes BuildKit's attestations (provenance, SBOM) out of an
// image that is published without them: package pages and old clients take them
// for images of an unknown platform, and the time in them gives every build
// another digest. It is used only where the user asked for it.
package attestation

import (
	"fmt"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// Strip leaves them out of an index. An index of one image that remains becomes
// that image, as it would have been built without.
func Strip(root *image.Manifest) ([]diag.Notice, error) {
	if !slices.ContainsFunc(root.Children, (*image.Manifest).Attests) {
		return nil, nil
	}
	before, count := root.Descriptor.Digest, len(root.Children)
	if err := rewrite.Without(root, (*image.Manifest).Attests); err != nil {
		return nil, err
	}
	count -= len(root.Children)
	if len(root.Children) == 1 && !root.Children[0].Index() {
		*root = *root.Children[0]
	}
	return []diag.Notice{{
		Code: "attestations-stripped", Level: diag.Info, Title: "Attestations are left out",
		Text: fmt.Sprintf("The source is %s; without its %d attestations it is published as another digest.", before, count),
	}}, nil
}
