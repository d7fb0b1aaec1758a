package mutate

import (
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// Legacy converts the attestations of an index and of the indexes below it to the form
// that BuildKit wrote before version 0.32. Some registries refuse the newer form, which
// is an artifact manifest with a subject. Legacy returns the attestations that it
// changed. Legacy does not change attestations that already have the older form.
func Legacy(root *image.Manifest) ([]*image.Manifest, error) {
	l := &legacy{changed: map[*image.Manifest]bool{}}
	err := l.visit(root)
	return l.converted, err
}

// legacy changes the attestations of one tree.
type legacy struct {
	converted []*image.Manifest
	changed   map[*image.Manifest]bool // maps a visited index to true if its digest changed
}

// visit changes the attestations of an index and of the indexes below it. The method
// "visit" starts with the children of the index.
func (l *legacy) visit(m *image.Manifest) error {
	if _, visited := l.changed[m]; visited || !m.Index() {
		return nil
	}
	l.changed[m] = false
	for _, c := range m.Children {
		if err := l.visit(c); err != nil {
			return err
		}
		if err := l.convert(c); err != nil {
			return err
		}
		l.changed[m] = l.changed[m] || l.changed[c] || l.isConverted(c)
	}
	if !l.changed[m] {
		return nil
	}
	raw, err := rewrite.Entries(m, l.isConverted)
	return replace(m, raw, err)
}

// convert changes one attestation.
func (l *legacy) convert(m *image.Manifest) error {
	if m.Index() || len(m.Blobs) == 0 || !m.IsArtifactAttestation() {
		return nil
	}
	l.converted = append(l.converted, m)
	return rewrite.LegacyAttestation(m)
}

func (l *legacy) isConverted(m *image.Manifest) bool { return slices.Contains(l.converted, m) }
