package cmd

import (
	"context"
	"maps"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
)

// change is what the user wants to be different in the image that came.
func (r *publishing) change() mutate.Wanted {
	w := mutate.Wanted{Strip: r.config.Strip, Compression: r.config.Compression}
	if r.config.Labels != "" || r.config.Annotations != "" {
		w.Annotations = r.lasting(r.names.Annotations)
	}
	if r.config.Labels != "" { // otherwise configs stay as they are
		w.Labels = r.lasting(r.names.Labels)
	}
	w.Labels, w.Annotations = r.linking(w.Labels), r.linking(w.Annotations)
	return w
}

// changer makes it so; nil where the image stays as it is.
func (r *publishing) changer() func(context.Context, *image.Manifest) ([]diag.Notice, error) {
	if w := r.change(); w.Any() {
		return w.Apply
	}
	return nil
}

// pack makes it so, too, and compresses layers that nobody meant to send plain.
func (r *publishing) pack(ctx context.Context, root *image.Manifest) ([]diag.Notice, error) {
	w := r.change()
	w.Compression = compress.Usual
	return w.Apply(ctx, root)
}

// linking adds what links a package to its repository when its first image
// names it (docs/ghcr.md, Linked repository): as a label, and as an annotation,
// which is what GitHub reads of an index. What the user wrote wins.
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
