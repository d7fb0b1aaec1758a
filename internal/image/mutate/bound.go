package mutate

import (
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// attestations describes how a change of images affects the attestations of the
// changed images.
type attestations struct {
	left     int  // left is the number of attestations with a subject that the change removed.
	outdated bool // outdated is true if an attestation contains the digest that an image had before the change.
}

// If the images of an index change, the method "update" removes each attestation of the
// index that has a subject.
func (a *attestations) update(m *image.Manifest) error {
	n, err := removeBound(m)
	a.left += n
	a.outdated = a.outdated || slices.ContainsFunc(m.Children, (*image.Manifest).IsAttestation)
	return err
}

// removeBound removes each attestation of an index that has a subject, and returns the
// number of removed attestations. Since version 0.32, BuildKit writes attestations whose
// subject is an image of the index. After a change of the images, the new index no longer
// contains the subject. An edit of the subject would change the digest of the
// attestation, and signatures of the attestation would no longer be valid.
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
