package mutate

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The codes of the notices of this package.
const (
	CodeDigestChanges        = "digest-changes"        // the published digest differs from the digest of the source
	CodeAnnotationsNeedOCI   = "annotations-need-oci"  // a Docker manifest has no annotations
	CodeAttestationsLeft     = "attestations-left"     // attestations whose subject is a changed image are not published
	CodeAttestationsOutdated = "attestations-outdated" // attestations contain the previous digests of images
	CodeLayersIndexed        = "layers-indexed"        // layers keep their compression because of a table of contents
	CodeLayersUnknown        = "layers-unknown"        // layers keep their compression because they cannot be verified
)

// result contains the results of all changes.
type result struct {
	before      v1.Hash // the digest of the root before the changes; zero if the root was pending
	stripped    int     // number of removed attestations
	legacy      int     // number of attestations that got the older form
	labels      attestations
	annotations annotationResult
	layers      layersResult
}

// notices returns the messages for the user.
func (r result) notices(c Changes, root *image.Manifest) []diag.Notice {
	var out []diag.Notice
	add := func(code string, level diag.Level, title, text string) {
		out = append(out, diag.Notice{Code: code, Level: level, Title: title, Text: text})
	}
	if r.before != (v1.Hash{}) && r.before != root.Descriptor.Digest {
		add(CodeDigestChanges, diag.Info, "The published digest differs from the source", r.digestText(c))
	}
	if r.annotations == annotationsUnsupported {
		add(CodeAnnotationsNeedOCI, diag.Warning, "Annotations were left out",
			"The image has no annotations, because Docker's manifest type does not support them. Build the image as OCI (docker buildx build --output type=oci), or set compression: zstd to convert the image to OCI.")
	}
	if n := r.labels.left + r.layers.left; n > 0 {
		add(CodeAttestationsLeft, diag.Warning, "Attestations were left out",
			fmt.Sprintf("The run changes the images, so it leaves out %s whose subject is an image before the change. A new subject would make signatures of the attestations invalid. Set labels and compression in the build (command: metadata computes the labels).", count(n)))
	}
	if r.labels.outdated || r.layers.outdated {
		add(CodeAttestationsOutdated, diag.Warning, "Attestations have the previous digests",
			"The attestations in this index contain the digests that the images had before the changes. Set labels and compression in the build (command: metadata computes the labels), or set attestations: strip to remove the attestations.")
	}
	if n := r.layers.indexed; n > 0 {
		add(CodeLayersIndexed, diag.Warning, "Layers keep their compression",
			fmt.Sprintf("Layers with a table of contents for partial pulls (eStargz, zstd:chunked) keep their compression. Number of layers: %d.", n))
	}
	if n := r.layers.unknown; n > 0 {
		add(CodeLayersUnknown, diag.Warning, "Layers keep their compression",
			fmt.Sprintf("An image keeps the compression of its layers if its config does not list the digests of the layers. Without these digests, the layers cannot be verified. Number of images: %d.", n))
	}
	return out
}

// count returns a number of attestations in words.
func count(n int) string {
	if n == 1 {
		return "1 attestation"
	}
	return fmt.Sprintf("%d attestations", n)
}

// digestText describes the changes that gave the image another digest.
func (r result) digestText(c Changes) string {
	var changes []string
	if r.stripped > 0 {
		changes = append(changes, fmt.Sprintf("removes attestations (%d)", r.stripped))
	}
	if r.legacy > 0 {
		changes = append(changes, fmt.Sprintf("writes attestations in the form of BuildKit before 0.32 (%d)", r.legacy))
	}
	var added []string
	if len(c.Labels)+len(c.DefaultLabels) > 0 {
		added = append(added, "labels")
	}
	if r.annotations == annotationsAdded && len(c.Annotations)+len(c.DefaultAnnotations) > 0 {
		added = append(added, "annotations")
	}
	if len(added) > 0 {
		changes = append(changes, "adds "+strings.Join(added, " and "))
	}
	if r.layers.changed {
		changes = append(changes, "compresses layers as "+string(c.Compression.Format))
	}
	return fmt.Sprintf("The run %s, so the published image has another digest than the source (%s). Signatures and attestations of the source do not apply to the published image.",
		strings.Join(changes, " and "), r.before)
}
