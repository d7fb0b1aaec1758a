package mutate

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate/recompress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate/stamp"
)

// done is what came of what was wanted.
type done struct {
	before     v1.Hash // the root's digest, where it had one
	stripped   int     // attestations
	attests    bool    // attestations speak of images that were labelled
	annotated  stamp.Annotated
	compressed recompress.Result
}

// notices are what the user should know of it.
func (d done) notices(w Wanted, root *image.Manifest) []diag.Notice {
	var out []diag.Notice
	if d.before != (v1.Hash{}) && d.before != root.Descriptor.Digest {
		out = append(out, diag.Notice{Code: "digest-changes", Level: diag.Info, Title: "The digest is not the source's", Text: d.why(w, root)})
	}
	if d.annotated == stamp.NoAnnotations {
		out = append(out, diag.Notice{
			Code: "annotations-need-oci", Level: diag.Warning, Title: "No annotations",
			Text: "The image has Docker's manifest type, which knows no annotations, so it has none. Build it as OCI (docker buildx build --output type=oci), or set compression: zstd, which makes it one.",
		})
	}
	if d.attests || d.compressed.Attests {
		out = append(out, diag.Notice{
			Code: "attestations-speak-of-source", Level: diag.Warning, Title: "Attestations speak of the image as it was",
			Text: "The attestations in this index go along, but what they say names the images by their former digests. Set labels in the build (metadata computes them) and have it compress, or leave the attestations out: attestations: strip.",
		})
	}
	if n := d.compressed.Indexed; n > 0 {
		out = append(out, diag.Notice{
			Code: "layers-indexed", Level: diag.Warning, Title: "Layers stay as they are",
			Text: fmt.Sprintf("Layers with a table of contents for pulling them in parts (eStargz, zstd:chunked) keep it and their compression: %d.", n),
		})
	}
	if n := d.compressed.Unknown; n > 0 {
		out = append(out, diag.Notice{
			Code: "layers-unknown", Level: diag.Warning, Title: "Layers stay as they are",
			Text: fmt.Sprintf("Images whose config does not say what their layers hold cannot be checked, and keep their compression: %d.", n),
		})
	}
	return out
}

// why says what gave the image another digest.
func (d done) why(w Wanted, root *image.Manifest) string {
	var with []string
	if d.stripped > 0 {
		with = append(with, fmt.Sprintf("without its attestations (%d)", d.stripped))
	}
	if len(w.Labels) > 0 {
		with = append(with, "with labels")
	}
	if d.annotated == stamp.Done && len(w.Annotations) > 0 {
		with = append(with, "with annotations")
	}
	if d.compressed.Changed {
		with = append(with, "with its layers compressed as "+string(w.Compression.Format))
	}
	as := "under another digest"
	if !root.Pending() {
		as = "as " + root.Descriptor.Digest.String()
	}
	return fmt.Sprintf("The source is %s; %s it is published %s.", d.before, strings.Join(with, ", "), as)
}
