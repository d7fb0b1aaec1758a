// Package mutate changes an image as the user requested. It removes
// attestations, adds labels and annotations, and compresses layers in another
// format. It keeps everything else unchanged. An image without requested
// changes keeps its digest.
//
// The package changes an image.Manifest tree in place and reads only configs.
// Layers are compressed later, while they are sent. Configs, manifests and
// indexes keep all other fields, including fields that this package does not
// know.
package mutate

import (
	"context"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// Changes are the requested changes of an image.
type Changes struct {
	// StripAttestations removes the attestations of BuildKit.
	StripAttestations bool
	// LegacyAttestations gives the attestations the form of BuildKit before version 0.32.
	LegacyAttestations bool
	// Labels are added to the configs. If the root is an index, the labels are
	// also added to the annotations of the index. The package page of ghcr.io
	// reads the annotations of an index and not the labels of its children
	// (docs/ghcr.md, Linked repository).
	Labels map[string]string
	// Annotations are added to the root.
	Annotations map[string]string
	// DefaultLabels are added only to the configs that do not have their keys, because
	// the author of an image may have described the image.
	DefaultLabels map[string]string
	// DefaultAnnotations are added to the root if the root does not have their keys. If
	// an image has a label with the same key, the annotation gets the value of the label.
	DefaultAnnotations map[string]string
	// Compression is the format of all layers. The zero Method keeps the format
	// of each layer.
	Compression compress.Method
}

// Any reports whether c contains a change.
func (c Changes) Any() bool {
	return c.StripAttestations || c.LegacyAttestations || len(c.Labels)+len(c.Annotations)+len(c.DefaultLabels)+len(c.DefaultAnnotations) > 0 || c.Compression.Chosen()
}

// Apply changes the tree in place and returns messages for the user. It converts
// attestations first, because the older form has no subject, and an attestation with a
// subject cannot stay in an index whose images change. It adds
// labels before it compresses layers, because the compression reads the
// configs. It adds annotations last, because only an OCI manifest can have
// annotations, and the compression can convert a Docker manifest to an OCI
// manifest.
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
	return r.notices(c, root), nil
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
