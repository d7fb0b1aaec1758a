package push

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// heights computes the heights of the manifests of one tree. The height of a manifest is
// above the heights of its children and of its subject. heights visits each manifest once,
// because many indexes can list the same index.
type heights struct {
	byDigest map[v1.Hash]*image.Manifest
	known    map[*image.Manifest]int
}

func newHeights(root *image.Manifest) heights {
	h := heights{byDigest: map[v1.Hash]*image.Manifest{}, known: map[*image.Manifest]int{}}
	for _, m := range image.Manifests(root) {
		h.byDigest[m.Descriptor.Digest] = m
	}
	return h
}

// of returns the height of a manifest. The height is 0 for a manifest without children and
// without a subject in the tree. A digest cannot depend on itself, so the recursion ends.
func (h heights) of(m *image.Manifest) int {
	if height, known := h.known[m]; known {
		return height
	}
	below := m.Children
	if digest, ok := m.Subject(); ok && h.byDigest[digest] != nil {
		below = append(below[:len(below):len(below)], h.byDigest[digest])
	}
	height := 0
	for _, c := range below {
		height = max(height, 1+h.of(c))
	}
	h.known[m] = height
	return height
}
