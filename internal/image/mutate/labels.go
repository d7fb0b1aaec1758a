package mutate

import (
	"context"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// addLabels adds labels to the config of every image of the tree. New labels change the
// digests of the images and of all indexes above the images. The result describes how the
// change affects the attestations of the images. If a config already has a label with the
// key of a default label, the config keeps the value of that label.
func addLabels(ctx context.Context, root *image.Manifest, labels, defaults map[string]string) (attestations, error) {
	if len(labels)+len(defaults) == 0 {
		return attestations{}, nil
	}
	l := &labeler{ctx: ctx, labels: labels, defaults: defaults, visited: map[*image.Manifest]bool{}}
	err := l.visit(root)
	return l.attestations, err
}

// labeler adds labels to one tree.
type labeler struct {
	ctx      context.Context
	labels   map[string]string
	defaults map[string]string
	visited  map[*image.Manifest]bool
	attestations
}

// visit adds the labels to m and to all images below m. The method starts with the
// children of m. Many indexes can list the same manifest, and the method visits it once.
func (l *labeler) visit(m *image.Manifest) error {
	if l.visited[m] {
		return nil
	}
	l.visited[m] = true
	for _, child := range m.Children {
		if err := l.visit(child); err != nil {
			return err
		}
	}
	switch {
	case m.Index():
		return l.updateIndex(m)
	case m.IsRunnable():
		return l.updateImage(m)
	}
	return nil
}

// updateImage adds the labels to the config of an image, and updates its
// manifest.
func (l *labeler) updateImage(m *image.Manifest) error {
	raw, err := rewrite.ReadConfig(l.ctx, m)
	if err != nil {
		return fmt.Errorf("reading a config for its labels: %w", err)
	}
	raw, err = rewrite.Edit(raw, func(config rewrite.Fields) error {
		return config.Edit("config", func(inner rewrite.Fields) error {
			return inner.Merge("Labels", withDefaults(l.labels, l.defaults, image.Labels(raw)))
		})
	})
	if err != nil {
		return fmt.Errorf("adding labels to a config: %w", err)
	}
	config := rewrite.NewConfig(m.Blobs[0].Descriptor, raw)
	m.Blobs[0] = config
	if m.Pending() {
		return nil // Finish assembles a pending manifest later from its blobs.
	}
	raw, err = rewrite.Edit(m.Raw, func(manifest rewrite.Fields) error { return manifest.Set("config", config.Descriptor) })
	return replace(m, raw, err)
}

// updateIndex updates the entries of an index whose children have new digests.
func (l *labeler) updateIndex(m *image.Manifest) error {
	before := m.Descriptor.Digest
	raw, err := rewrite.Index(m, m.Raw)
	if err := replace(m, raw, err); err != nil {
		return err
	}
	if before == m.Descriptor.Digest {
		return nil
	}
	return l.update(m)
}
