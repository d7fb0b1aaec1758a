package mutate

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The following codes identify the notices of this package.
const (
	CodeDigestChanges        = "digest-changes"        // the published digest differs from the digest of the source
	CodeAnnotationsNeedOCI   = "annotations-need-oci"  // a Docker manifest cannot contain annotations
	CodeAttestationsLeft     = "attestations-left"     // the run does not publish attestations, because it changed the attested images
	CodeAttestationsOutdated = "attestations-outdated" // attestations contain the digests that the images had before the change
	CodeLayersIndexed        = "layers-indexed"        // layers keep their compression, because recompression would remove their tables of contents
	CodeLayersUnknown        = "layers-unknown"        // layers keep their compression, because the program cannot verify the layers
)

// result contains the results of all changes.
type result struct {
	before      v1.Hash // The field "before" is the digest of the root before the changes. For a pending root, this digest is the zero Hash.
	stripped    int     // stripped is the number of attestations that stripAttestations removed.
	legacy      int     // legacy is the number of attestations that Legacy converted.
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
			fmt.Sprintf("The run changes images, so it left out %s about these images. An attestation names the digest of its image, and an edit of this digest would make signatures of the attestation invalid. Set the labels and the compression in the build (command: metadata computes the labels).", count(n)))
	}
	if r.labels.outdated || r.layers.outdated {
		add(CodeAttestationsOutdated, diag.Warning, "Attestations have the previous digests",
			"The attestations in this index still name the digests that the images had before the run changed them. Set the labels and the compression in the build (command: metadata computes the labels), or set attestations: strip to remove the attestations.")
	}
	if n := r.layers.indexed; n > 0 {
		add(CodeLayersIndexed, diag.Warning, "Layers keep their compression",
			fmt.Sprintf("The input compression does not change layers with a table of contents for partial pulls (eStargz, zstd:chunked). Number of layers: %d.", n))
	}
	if n := r.layers.unknown; n > 0 {
		add(CodeLayersUnknown, diag.Warning, "Layers keep their compression",
			fmt.Sprintf("The input compression does not change the layers of an image whose config does not list the digests of its layers. Without these digests, the program cannot verify the layers. Number of images: %d.", n))
	}
	return out
}

// count returns the number n with the noun "attestation" or "attestations".
func count(n int) string {
	if n == 1 {
		return "1 attestation"
	}
	return fmt.Sprintf("%d attestations", n)
}

// digestText returns a text about the changes that gave the image another
// digest.
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
