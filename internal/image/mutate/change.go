// Package mutate makes of the image that came the one that is to be published,
// where the user asked for another: without attestations, with labels and
// annotations, with other compression. What is not asked for stays as it is,
// byte for byte; an image for which nothing is asked keeps its digest.
//
// Its rooms do one thing each: attestation, stamp, recompress. Here is the
// order, and what the user is told of it.
package mutate

import (
	"context"
	"maps"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate/attestation"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate/recompress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate/stamp"
)

// Wanted is what is to be different.
type Wanted struct {
	// Strip leaves BuildKit's attestations out.
	Strip bool
	// Labels go into configs; Annotations, and for an index the labels as
	// well, into the root: ghcr.io's package page reads an index's annotations
	// and not its children's labels (docs/ghcr.md, Linked repository).
	Labels, Annotations map[string]string
	// Compression is for layers that have another; the zero method leaves all.
	Compression compress.Method
}

// Any reports whether anything is.
func (w Wanted) Any() bool {
	return w.Strip || len(w.Labels) > 0 || len(w.Annotations) > 0 || w.Compression.Chosen()
}

// Apply changes the tree in place. Labels come before compression, which reads
// the configs, and annotations after it, as it may make an OCI manifest of one
// of Docker's, which has none.
func (w Wanted) Apply(ctx context.Context, root *image.Manifest) ([]diag.Notice, error) {
	d := done{before: root.Descriptor.Digest}
	var err error
	if w.Strip {
		if d.stripped, err = attestation.Strip(root); err != nil {
			return nil, err
		}
	}
	if d.attests, err = stamp.Label(ctx, root, w.Labels); err != nil {
		return nil, err
	}
	if w.Compression.Chosen() {
		if d.compressed, err = recompress.Apply(ctx, root, w.Compression); err != nil {
			return nil, err
		}
	}
	annotations := maps.Clone(w.Annotations)
	if root.Index() && len(w.Labels) > 0 {
		annotations = maps.Clone(w.Labels)
		maps.Copy(annotations, w.Annotations)
	}
	if d.annotated, err = stamp.Annotate(root, annotations); err != nil {
		return nil, err
	}
	return d.notices(w, root), nil
}
