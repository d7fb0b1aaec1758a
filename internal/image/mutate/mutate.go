// Package mutate changes an image as the user requested. The possible changes
// are to remove attestations, to add labels and annotations, and to compress
// layers in another format. An image without requested changes keeps its digest.
//
// The package changes an image.Manifest tree in place and reads only configs.
// The program compresses a layer later, while it sends the layer. Configs,
// manifests and indexes keep all other fields, including fields that this
// package does not know.
package mutate

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// Changes are the requested changes of an image.
type Changes struct {
	// Source is the digest of the root in the source, for messages. If Source is zero,
	// the root has not changed since the source was opened.
	Source v1.Hash
	// StripAttestations removes the attestations of BuildKit.
	StripAttestations bool
	// LegacyAttestations converts the attestations of BuildKit to the form that BuildKit
	// wrote before version 0.32.
	LegacyAttestations bool
	// Labels are the labels that Apply adds to the configs. If the root is an
	// index, Apply also adds Labels to the annotations of the index. The package
	// page of ghcr.io shows the annotations of an index. The package page does
	// not show the labels of the images in the index (docs/ghcr.md, Linked
	// repository).
	Labels map[string]string
	// Annotations are the annotations that Apply adds to the root of the tree.
	Annotations map[string]string
	// DefaultLabels are labels that Apply adds to a config only if the config has no
	// label with the same key, because the author of the image possibly set another
	// value.
	DefaultLabels map[string]string
	// DefaultAnnotations are annotations that Apply adds to the root only if the root has
	// no annotation with the same key. If an image has a label with the key of a default
	// annotation, the annotation gets the value of the label.
	DefaultAnnotations map[string]string
	// Levels are annotations with a level, which states their place. An annotation with
	// a level replaces an annotation of the field Annotations that has the same place.
	Levels []image.PlacedAnnotation
	// Compression is the compression format that Apply gives to all layers. The zero
	// Method keeps the format of each layer.
	Compression compress.Method
}

// Any reports whether the user requested a change.
func (c Changes) Any() bool {
	return c.StripAttestations || c.LegacyAttestations || len(c.Labels)+len(c.Annotations)+len(c.DefaultLabels)+len(c.DefaultAnnotations)+len(c.Levels) > 0 || c.Compression.Chosen()
}

// Apply changes the tree in place and returns messages for the user. Apply converts
// attestations first, because an attestation with a subject cannot stay in an index whose
// images change, and the older form has no subject. Apply adds labels before it
// compresses layers, because the compression reads the configs. Apply adds annotations
// last, because only an OCI manifest can have annotations. The earlier step that
// compresses layers can convert a Docker manifest to an OCI manifest.
func (c Changes) Apply(ctx context.Context, root *image.Manifest) ([]diag.Notice, error) {
	r := result{before: root.Descriptor.Digest}
	var err error
	if c.StripAttestations {
		if r.stripped, err = stripAttestations(root); err != nil {
			return nil, err
		}
	}
	if c.LegacyAttestations {
		converted, err := Legacy(root)
		if err != nil {
			return nil, err
		}
		r.legacy = len(converted)
	}
	if r.labels, err = addLabels(ctx, root, c.Labels, c.DefaultLabels); err != nil {
		return nil, err
	}
	if err := c.annotateDescriptors(root, &r); err != nil {
		return nil, err
	}
	if c.Compression.Chosen() {
		if r.layers, err = compressLayers(ctx, root, c.Compression); err != nil {
			return nil, err
		}
	}
	annotations, err := c.rootAnnotations(ctx, root)
	if err != nil {
		return nil, err
	}
	if r.annotations, err = addAnnotations(root, annotations); err != nil {
		return nil, err
	}
	if err := c.annotateManifests(root, &r); err != nil {
		return nil, err
	}
	return r.notices(c, root), nil
}

// annotateDescriptors checks the annotations with levels, and writes the annotations of
// descriptors. The index must still have its bytes, which it loses if layers must be
// compressed.
func (c Changes) annotateDescriptors(root *image.Manifest, r *result) error {
	if err := levels(c.Levels).check(root); err != nil {
		return err
	}
	a := levels(c.Levels).annotator()
	err := a.descriptors(root)
	r.levels = *a
	return err
}

// annotateManifests writes the annotations of the levels "manifest" and "index".
func (c Changes) annotateManifests(root *image.Manifest, r *result) error {
	a := levels(c.Levels).annotator()
	a.unsupported = r.levels.unsupported
	err := a.manifests(root)
	r.levels = *a
	return err
}

// replace replaces the bytes of a manifest with the result of an edit.
func replace(m *image.Manifest, raw []byte, err error) error {
	if err != nil {
		return fmt.Errorf("rewriting manifest %s: %w", m.Descriptor.Digest, err)
	}
	if len(raw) > image.MaxManifestSize {
		return diag.Inputf("annotations", CodeManifestTooLarge, "Set fewer or shorter labels and annotations.",
			"With the labels and annotations, the manifest has %d bytes, but registries accept at most 4 MiB", len(raw))
	}
	return m.Replace(raw)
}
