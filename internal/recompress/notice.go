package recompress

import (
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// notices say what the user should know of the change.
func (w *work) notices() []diag.Notice {
	var out []diag.Notice
	if w.changed {
		out = append(out, diag.Notice{
			Code: "recompressed", Level: diag.Info, Title: "Compression changes the digest",
			Text: fmt.Sprintf("The source is %s; with its layers compressed with %s it is published under another digest.", w.before, w.method.Format),
		})
	}
	if w.attests {
		out = append(out, diag.Notice{
			Code: "attestations-speak-of-source", Level: diag.Warning, Title: "Attestations speak of the image before compression",
			Text: "The attestations in this index go along, but were made for digests that change with compression. Have the build compress instead (docker buildx build --output type=oci,compression=zstd,force-compression=true).",
		})
	}
	if w.lazy > 0 {
		out = append(out, diag.Notice{
			Code: "layers-indexed", Level: diag.Warning, Title: "Layers stay as they are",
			Text: fmt.Sprintf("Layers with a table of contents for pulling them in parts (eStargz, zstd:chunked) keep it and their compression: %d.", w.lazy),
		})
	}
	if w.unknown > 0 {
		out = append(out, diag.Notice{
			Code: "layers-unknown", Level: diag.Warning, Title: "Layers stay as they are",
			Text: fmt.Sprintf("Images whose config does not say what their layers hold cannot be checked, and keep their compression: %d.", w.unknown),
		})
	}
	return out
}
