package mutate

import (
	"maps"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// annotationResult is the result of addAnnotations.
type annotationResult int

const (
	annotationsAbsent      annotationResult = iota // The caller requested no annotations.
	annotationsAdded                               // The root of the tree has the requested annotations.
	annotationsUnsupported                         // The root of the tree is a Docker manifest, which cannot have annotations.
)

// addAnnotations adds annotations to the root of the tree. An added annotation replaces
// an annotation with the same key.
func addAnnotations(root *image.Manifest, annotations map[string]string) (annotationResult, error) {
	switch {
	case len(annotations) == 0:
		return annotationsAbsent, nil
	case strings.Contains(string(root.Descriptor.MediaType), ".docker."):
		return annotationsUnsupported, nil
	case root.Pending(): // Assemble writes the annotations.
		all := maps.Clone(root.Annotations)
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, annotations)
		root.Annotations = all
		return annotationsAdded, nil
	}
	raw, err := rewrite.Edit(root.Raw, func(m rewrite.Fields) error { return m.Merge("annotations", annotations) })
	return annotationsAdded, replace(root, raw, err)
}
