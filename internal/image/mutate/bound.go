package mutate

import (
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// attestations is the result of a change for the attestations of the changed images.
type attestations struct {
	left     int  // number of attestations that were removed because of their subject
	outdated bool // attestations contain the previous digests of images
}

// update removes attestations from an index whose images change.
func (a *attestations) update(m *image.Manifest) error {
	n, err := removeBound(m)
	a.left += n
	a.outdated = a.outdated || slices.ContainsFunc(m.Children, (*image.Manifest).IsAttestation)
	return err
}

// removeBound removes the attestations that have an image as their subject from an index,
// and returns their number. BuildKit writes such attestations since version 0.32. The
// images of the index change, so the subject is no image of the new index. An edit of the
// subject would change the digest of the attestation, and signatures of the attestation
// would no longer be valid.
func removeBound(m *image.Manifest) (int, error) {
	n := 0
	for _, c := range m.Children {
		if bound(c) {
			n++
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, rewrite.RemoveChildren(m, bound)
}

// bound reports whether a manifest is an attestation with a subject.
func bound(m *image.Manifest) bool { return m.IsAttestation() && m.HasSubject() }
