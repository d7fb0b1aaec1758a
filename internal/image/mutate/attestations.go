package mutate

import (
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// stripAttestations removes the attestations of BuildKit (provenance and SBOM)
// from an index and from the indexes below it, and returns their number. GitHub's
// package page and old clients show an attestation as an image of an unknown
// platform. An attestation contains the time of the build, so that every build has
// another digest.
//
// If only one image remains in the root, root becomes that image, as if it was
// built without attestations. A root with annotations stays an index, because
// the image would lose them. An index that contains only attestations is not
// changed.
func stripAttestations(root *image.Manifest) (int, error) {
	s := &stripper{changed: map[*image.Manifest]bool{}}
	if err := s.visit(root); err != nil {
		return 0, err
	}
	if s.removed > 0 && len(root.Children) == 1 && !root.Children[0].Index() && len(rewrite.Annotations(root.Raw)) == 0 {
		*root = *root.Children[0]
	}
	return s.removed, nil
}

// stripper removes the attestations of one tree.
type stripper struct {
	removed int
	changed map[*image.Manifest]bool // for each visited index, whether its digest changed
}

// visit removes the attestations of an index and of the indexes below it,
// children first.
func (s *stripper) visit(m *image.Manifest) error {
	if _, visited := s.changed[m]; visited || !m.Index() {
		return nil
	}
	s.changed[m] = false
	childChanged := false
	for _, c := range m.Children {
		if err := s.visit(c); err != nil {
			return err
		}
		childChanged = childChanged || s.changed[c]
	}
	removed, err := removeAttestations(m)
	if err != nil {
		return err
	}
	s.removed += removed
	s.changed[m] = removed > 0 || childChanged
	if !childChanged {
		return nil
	}
	raw, err := rewrite.Index(m, m.Raw)
	if err != nil {
		return err
	}
	return m.Replace(raw)
}

// removeAttestations removes the attestations that are children of an index, and
// returns their number. It keeps them if the index has no other children.
func removeAttestations(m *image.Manifest) (int, error) {
	n := 0
	for _, c := range m.Children {
		if c.IsAttestation() {
			n++
		}
	}
	if n == 0 || n == len(m.Children) {
		return 0, nil
	}
	return n, rewrite.RemoveChildren(m, (*image.Manifest).IsAttestation)
}
