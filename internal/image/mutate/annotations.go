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
	annotationsPresent                             // The image already has the requested annotations, so its bytes do not change.
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
	if includes(rewrite.Annotations(root.Raw), annotations) {
		return annotationsPresent, nil
	}
	raw, err := rewrite.Edit(root.Raw, func(m rewrite.Fields) error { return m.Merge("annotations", annotations) })
	return annotationsAdded, replace(root, raw, err)
}

// includes reports whether a map contains all wanted pairs.
func includes(all, wanted map[string]string) bool {
	for key, want := range wanted {
		if got, ok := all[key]; !ok || got != want {
			return false
		}
	}
	return true
}
