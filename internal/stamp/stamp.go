// Package stamp writes labels and annotations into an image that was built
// without them: labels into the config of every image of the tree, annotations
// into the root. What is not named stays as it is, unknown fields included;
// the bytes change, and with them the digests up to the root.
//
// It is used only where the user asked for it: an image that came in keeps its
// digest otherwise.
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

// Apply changes the tree in place. Labels go into configs; annotations, and
// for an index the labels as well, go into the root: ghcr.io's package page
// reads an index's annotations and not its children's labels (GHCR.md §2.2).
func Apply(ctx context.Context, root *image.Manifest, labels, annotations map[string]string) ([]diag.Notice, error) {
	s := &stamper{ctx: ctx, labels: labels}
	if root.Index() {
		annotations = union(labels, annotations)
	}
	before := root.Descriptor.Digest
	if err := s.images(root); err != nil {
		return nil, err
	}
	if err := s.annotate(root, annotations); err != nil {
		return nil, err
	}
	return s.notices(before, root), nil
}

type stamper struct {
	ctx     context.Context
	labels  map[string]string
	docker  bool // a Docker manifest could not take annotations
	attests bool // an attestation speaks of a digest that moved
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

// images labels everything below a node, leaves first.
func (s *stamper) images(m *image.Manifest) error {
	if len(s.labels) == 0 {
		return nil
	}
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

// annotate writes annotations into the root.
func (s *stamper) annotate(root *image.Manifest, annotations map[string]string) error {
	if len(annotations) == 0 {
		return nil
	}
	if strings.Contains(string(root.Descriptor.MediaType), ".docker.") {
		s.docker = true
		return nil
	}
	if root.Pending() {
		root.Annotations = union(root.Annotations, annotations)
		return nil
	}
	return set(root, func(m rewrite.Fields) error { return m.Merge("annotations", annotations) })
}

func (s *stamper) notices(before v1.Hash, root *image.Manifest) []diag.Notice {
	var out []diag.Notice
	if before != root.Descriptor.Digest {
		out = append(out, diag.Notice{
			Code: "stamped", Level: diag.Info, Title: "Labels change the digest",
			Text: fmt.Sprintf("The source is %s; with the labels and annotations asked for it is published as %s.", before, root.Descriptor.Digest),
		})
	}
	if s.docker {
		out = append(out, diag.Notice{
			Code: "annotations-need-oci", Level: diag.Warning, Title: "No annotations",
			Text: "The image has Docker's manifest type, which knows no annotations; the labels are in. Build it as OCI (docker buildx build --output type=oci) to have both.",
		})
	}
	if s.attests {
		out = append(out, diag.Notice{
			Code: "attestations-speak-of-source", Level: diag.Warning, Title: "Attestations speak of the image before labels",
			Text: "The attestations in this index go along, but were made for digests that changed with the labels. Set labels in the build instead (metadata computes them).",
		})
	}
	return out
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
