package mutate

import (
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// stripAttestations removes the attestations of BuildKit (provenance and SBOM)
// from an index and from the indexes below it, and returns the number of removed
// attestations. GitHub's package page and old clients show an attestation as an
// image of an unknown platform. Every build with attestations has a different
// digest, because an attestation contains the time of the build.
//
// If only one image remains in the root index, that image becomes the root. The new root
// then has the same digest as the result of a build without attestations. If the index
// has annotations, the image does not become the root, because the annotations of the
// index would be lost. stripAttestations does not change an index that contains only
// attestations.
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
	changed map[*image.Manifest]bool // The map "changed" has the value true for each visited index whose digest changed.
}

// visit removes the attestations of an index and of the indexes below it. The method
// "visit" starts with the children of the index.
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
// returns the number of removed attestations. If all children of the index are
// attestations, removeAttestations keeps the attestations.
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
