// Package attestation takes BuildKit's attestations (provenance, SBOM) out of an
// image that is published without them: package pages and old clients take them
// for images of an unknown platform, and the time in them gives every build
// another digest.
package attestation

import (
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// Strip leaves them out of an index and of those in it, and says how many there
// were. A root of which one image remains becomes that image, as it would have
// been built without, unless it has annotations to keep. An index that has
// nothing else stays.
func Strip(root *image.Manifest) (int, error) {
	w := &work{changed: map[*image.Manifest]bool{}}
	if err := w.visit(root); err != nil {
		return 0, err
	}
	if w.gone > 0 && len(root.Children) == 1 && !root.Children[0].Index() && len(rewrite.Annotations(root.Raw)) == 0 {
		*root = *root.Children[0]
	}
	return w.gone, nil
}

// work is one tree on its way.
type work struct {
	gone    int
	changed map[*image.Manifest]bool // indexes that were visited: are they others now?
}

// visit changes an index and those in it, leaves first.
func (w *work) visit(m *image.Manifest) error {
	if _, met := w.changed[m]; met || !m.Index() {
		return nil
	}
	w.changed[m] = false
	here, moved := 0, false
	for _, c := range m.Children {
		if err := w.visit(c); err != nil {
			return err
		}
		moved = moved || w.changed[c]
		if c.Attests() {
			here++
		}
	}
	if here == len(m.Children) {
		here = 0
	}
	if here > 0 {
		if err := rewrite.Without(m, (*image.Manifest).Attests); err != nil {
			return err
		}
	}
	w.gone += here
	w.changed[m] = here > 0 || moved
	if !moved {
		return nil
	}
	raw, err := rewrite.Index(m, m.Raw)
	if err != nil {
		return err
	}
	return m.Replace(raw)
}
