package mutate

import (
	"context"
	"fmt"
	"maps"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// withDefaults returns the pairs, together with each default whose key is neither in
// "pairs" nor in "own".
func withDefaults(pairs, defaults, own map[string]string) map[string]string {
	all := maps.Clone(pairs)
	for key, value := range defaults {
		_, given := pairs[key]
		_, has := own[key]
		if given || has {
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		all[key] = value
	}
	return all
}

// rootAnnotations returns the annotations that are added to the root. If the
// root is an index, the requested labels become annotations of the index. If the
// images have a label with the key of a default annotation, the annotation gets
// the value of the label. If the images have different values of this label, the
// index gets no default annotation with this key.
func (c Changes) rootAnnotations(ctx context.Context, root *image.Manifest) (map[string]string, error) {
	pairs, defaults := maps.Clone(c.Annotations), maps.Clone(c.DefaultAnnotations)
	if root.Index() {
		pairs = withDefaults(pairs, c.Labels, nil)
		defaults = withDefaults(defaults, c.DefaultLabels, nil)
	}
	own := root.Annotations
	if !root.Pending() {
		own = rewrite.Annotations(root.Raw)
	}
	missing := withDefaults(nil, defaults, withDefaults(pairs, own, nil))
	if len(missing) == 0 {
		return pairs, nil
	}
	for i, m := range image.Images(root) {
		raw, err := rewrite.ReadConfig(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("reading a config for its labels: %w", err)
		}
		agree(missing, image.Labels(raw), i == 0)
	}
	return withDefaults(pairs, missing, nil), nil
}

// agree replaces the value of each default annotation by the label of the image
// with the same key. If the labels of two images differ, the function "agree" removes
// the annotation.
func agree(defaults, labels map[string]string, first bool) {
	for key, value := range defaults {
		label, has := labels[key]
		switch {
		case !has, label == value:
		case first:
			defaults[key] = label
		default:
			delete(defaults, key)
		}
	}
}
