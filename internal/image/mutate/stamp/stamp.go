// Package stamp writes labels and annotations into an image that was built
// without them: labels into the config of every image of the tree, annotations
// into the root. What is not named stays as it is, unknown fields included;
// the bytes change, and with them the digests up to the root.
package stamp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rewrite"
)

// Label writes labels into the config of every image of the tree, in place. It
// reports whether attestations speak of images that are others now.
func Label(ctx context.Context, root *image.Manifest, labels map[string]string) (attests bool, err error) {
	if len(labels) == 0 {
		return false, nil
	}
	s := &stamper{ctx: ctx, labels: labels}
	err = s.images(root)
	return s.attests, err
}

type stamper struct {
	ctx     context.Context
	labels  map[string]string
	attests bool
}

// images labels everything below a node, leaves first.
func (s *stamper) images(m *image.Manifest) error {
	for _, child := range m.Children {
		if err := s.images(child); err != nil {
			return err
		}
	}
	switch {
	case m.Index():
		return s.relist(m)
	case m.Runs():
		return s.label(m)
	}
	return nil
}

// label rewrites an image's config, and its manifest for the new digest.
func (s *stamper) label(m *image.Manifest) error {
	raw, err := rewrite.Config(s.ctx, m)
	if err != nil {
		return fmt.Errorf("reading a config to label it: %w", err)
	}
	raw, err = rewrite.Edit(raw, func(config rewrite.Fields) error {
		return config.Edit("config", func(inner rewrite.Fields) error {
			return inner.Merge("Labels", s.labels)
		})
	})
	if err != nil {
		return fmt.Errorf("labelling a config: %w", err)
	}
	config := blob(m.Blobs[0], raw)
	m.Blobs[0] = config
	if m.Pending() {
		return nil // assembled from its blobs later
	}
	return set(m, func(manifest rewrite.Fields) error { return manifest.Put("config", config.Descriptor) })
}

// relist writes the children's new digests into an index.
func (s *stamper) relist(m *image.Manifest) error {
	before := m.Descriptor.Digest
	raw, err := rewrite.Index(m, m.Raw)
	if err := settle(m, raw, err); err != nil {
		return err
	}
	s.attests = s.attests || before != m.Descriptor.Digest && slices.ContainsFunc(m.Children, (*image.Manifest).Attests)
	return nil
}

// Annotated is what became of annotations.
type Annotated int

// What can become of them.
const (
	Nothing       Annotated = iota // there were none
	Done                           // they are in
	NoAnnotations                  // a manifest of Docker's has none
)

// Annotate writes annotations into the root, in place.
func Annotate(root *image.Manifest, annotations map[string]string) (Annotated, error) {
	switch {
	case len(annotations) == 0:
		return Nothing, nil
	case strings.Contains(string(root.Descriptor.MediaType), ".docker."):
		return NoAnnotations, nil
	case root.Pending(): // they are written when it is assembled
		all := maps.Clone(annotations)
		for key, value := range root.Annotations {
			if _, ours := annotations[key]; !ours {
				all[key] = value
			}
		}
		root.Annotations = all
		return Done, nil
	}
	return Done, set(root, func(m rewrite.Fields) error { return m.Merge("annotations", annotations) })
}

// set edits a manifest's JSON and settles its new bytes.
func set(m *image.Manifest, change func(rewrite.Fields) error) error {
	raw, err := rewrite.Edit(m.Raw, change)
	return settle(m, raw, err)
}

// settle gives a manifest new bytes.
func settle(m *image.Manifest, raw []byte, err error) error {
	if err != nil {
		return fmt.Errorf("rewriting manifest %s: %w", m.Descriptor.Digest, err)
	}
	if len(raw) > image.MaxManifestSize {
		return diag.Inputf("annotations", "manifest-too-large", "Set fewer or shorter ones.", "With these labels and annotations the manifest has %d bytes; registries take 4 MiB", len(raw))
	}
	return m.Replace(raw)
}

// blob replaces a config's bytes; it is no longer anywhere else.
func blob(old *image.Blob, raw []byte) *image.Blob {
	desc := old.Descriptor
	desc.Digest, desc.Size, _ = v1.SHA256(bytes.NewReader(raw)) // reading from memory cannot fail
	desc.Data = nil
	return &image.Blob{Descriptor: desc, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}}
}
