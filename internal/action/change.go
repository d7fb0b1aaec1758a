package action

import (
	"context"
	"maps"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/attestation"
	"github.com/ghcr-publish/ghcr-publish/internal/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/recompress"
	"github.com/ghcr-publish/ghcr-publish/internal/stamp"
)

// change makes another image of one.
type change func(context.Context, *image.Manifest) ([]diag.Notice, error)

// changer makes of the image that came what the user asked for; nil where that
// is the same. Labels come before compression: they change configs, which that
// reads.
func (r *publishing) changer() change {
	var all []change
	for _, one := range []change{r.stripper(), r.stamper(), r.recompressor()} {
		if one != nil {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return func(ctx context.Context, root *image.Manifest) (notices []diag.Notice, err error) {
		for _, one := range all {
			told, err := one(ctx, root)
			if err != nil {
				return nil, err
			}
			notices = append(notices, told...)
		}
		return notices, nil
	}
}

// stripper leaves attestations out; nil where they stay.
func (r *publishing) stripper() change {
	if !r.config.Strip {
		return nil
	}
	return func(_ context.Context, root *image.Manifest) ([]diag.Notice, error) { return attestation.Strip(root) }
}

// recompressor has layers compressed as the user asked for; nil where they stay
// as they are.
func (r *publishing) recompressor() change {
	if !r.config.Compression.Chosen() {
		return nil
	}
	return func(ctx context.Context, root *image.Manifest) ([]diag.Notice, error) {
		return recompress.Apply(ctx, root, r.config.Compression)
	}
}

// pack is for layers that nobody meant to send plain.
func pack(ctx context.Context, root *image.Manifest) ([]diag.Notice, error) {
	return recompress.Apply(ctx, root, compress.Usual)
}

// stamper writes labels and annotations into the image; nil where the user
// asked for neither.
func (r *publishing) stamper() change {
	var labels, annotations map[string]string
	if r.config.Labels != "" || r.config.Annotations != "" {
		annotations = r.lasting(r.names.Annotations)
	}
	if r.config.Labels != "" { // otherwise configs stay as they are
		labels = r.lasting(r.names.Labels)
	}
	labels, annotations = r.linking(labels), r.linking(annotations)
	if labels == nil && annotations == nil {
		return nil
	}
	return func(ctx context.Context, root *image.Manifest) ([]diag.Notice, error) {
		return stamp.Apply(ctx, root, labels, annotations)
	}
}

// linking adds what links a package to its repository when its first image
// names it (GHCR.md §2.2): as a label, and as an annotation, which is what
// GitHub reads of an index. What the user wrote wins.
func (r *publishing) linking(pairs map[string]string) map[string]string {
	if r.config.LinkTo == "" {
		return pairs
	}
	out := map[string]string{meta.KeySource: r.config.LinkTo}
	maps.Copy(out, pairs)
	return out
}

// lasting leaves out what nobody wrote and is empty, and when this run began:
// with that every run would publish another digest.
func (r *publishing) lasting(pairs []meta.Pair) map[string]string {
	dated := r.process.Getenv("SOURCE_DATE_EPOCH") != ""
	out := map[string]string{}
	for _, p := range pairs {
		written := strings.Contains(r.config.Labels+"\n"+r.config.Annotations, p.Key+"=")
		if written || (p.Value != "" && (p.Key != meta.KeyCreated || dated)) {
			out[p.Key] = p.Value
		}
	}
	return out
}
