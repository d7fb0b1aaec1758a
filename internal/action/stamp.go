package action

import (
	"context"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/stamp"
)

// stamper writes labels and annotations into the image, or is nil where the
// user asked for neither.
func (r *publishing) stamper() func(context.Context, *image.Manifest) ([]diag.Notice, error) {
	if r.config.Labels == "" && r.config.Annotations == "" {
		return nil
	}
	labels, annotations := r.lasting(r.names.Labels), r.lasting(r.names.Annotations)
	if r.config.Labels == "" {
		labels = nil // configs stay as they are
	}
	return func(ctx context.Context, root *image.Manifest) ([]diag.Notice, error) {
		return stamp.Apply(ctx, root, labels, annotations)
	}
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
