package merge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
)

// CodeAttestationStray means that an attestation describes an image that is not part of
// the index.
const CodeAttestationStray = "attestation-stray"

// CodeAttestationsLegacy means that the run converts attestations to the form that
// BuildKit used before version 0.32.
const CodeAttestationsLegacy = "attestations-legacy"

// artifactType is the artifact type of an attestation in the list of
// referrers.
const artifactType = "application/vnd.in-toto+json"

// Referrer is a manifest that refers to an image of the index.
type Referrer struct {
	Subject  v1.Descriptor
	Manifest *image.Manifest
	// ArtifactType and Annotations are fields of the descriptor of Manifest in the list
	// of referrers (distribution-spec, "Listing Referrers").
	ArtifactType string
	Annotations  map[string]string
}

// If the option Attestations is Legacy, convert changes the attestations of the images to
// the form of BuildKit before version 0.32. convert also adds a notice with the number of
// converted attestations.
func (j *Result) convert(images []ReadImage, o Options) error {
	if o.Attestations != Legacy {
		return nil
	}
	digests := map[v1.Hash]bool{} // two jobs can name the same attestation
	for _, img := range images {
		converted, err := mutate.Legacy(img.Root)
		if err != nil {
			return fmt.Errorf("converting the attestations of %s: %w", place(img.Name), err)
		}
		for _, m := range converted {
			digests[m.Descriptor.Digest] = true
		}
	}
	if len(digests) > 0 {
		j.Notices = append(j.Notices, diag.Notice{
			Code: CodeAttestationsLegacy, Level: diag.Info, Title: "Attestations have the older form",
			Text: fmt.Sprintf("The run writes attestations in the form of BuildKit before 0.32 (%d). The signatures of the original attestations are not valid for the written attestations.", len(digests)),
		})
	}
	return nil
}

// matchAttestations returns the attestations of the images, in the order of
// the images. matchAttestations omits an attestation of another image and
// adds a notice, because a client could not find the image of this
// attestation.
func (j *Result) matchAttestations(images, others []entry) []entry {
	var kept []entry
	for _, img := range images {
		for _, e := range others {
			if e.Descriptor.Annotations[image.ReferenceDigest] == img.Descriptor.Digest.String() {
				kept = append(kept, e)
			}
		}
	}
	for _, e := range others {
		if !slices.Contains(kept, e) {
			j.Notices = append(j.Notices, diag.Notice{
				Code: CodeAttestationStray, Level: diag.Warning, Title: "The index does not contain an attestation",
				Text: fmt.Sprintf("The attestation %s of the entry %q refers to an image that is not part of the index, so the run does not publish the attestation.", e.Descriptor.Digest, e.job),
			})
		}
	}
	return kept
}

// referrers returns each attestation as a manifest whose subject is the
// attested image. An attestation of BuildKit before version 0.32 has no
// subject, so referrers builds a new manifest with a subject. The new
// manifest lists the same config and the same layers.
func referrers(images, attestations []entry) ([]Referrer, error) {
	subjects := map[string]v1.Descriptor{}
	for _, e := range images {
		subjects[e.Descriptor.Digest.String()] = subjectDescriptor(e.Descriptor)
	}
	var out []Referrer
	for _, e := range attestations {
		r, err := referrer(e, subjects[e.Descriptor.Annotations[image.ReferenceDigest]])
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func referrer(e entry, subject v1.Descriptor) (Referrer, error) {
	var old document.Manifest
	if err := json.Unmarshal(e.Raw, &old); err != nil {
		return Referrer{}, fmt.Errorf("reading attestation %s: %w", e.Descriptor.Digest, err)
	}
	if old.Subject != nil && old.Subject.Digest == subject.Digest && old.ArtifactType != "" {
		// The attestation already has a subject. The bytes of the attestation
		// do not change, so its signatures stay valid.
		m := &image.Manifest{Descriptor: subjectDescriptor(e.Descriptor), Raw: e.Raw, Blobs: e.Blobs}
		m.Descriptor.Annotations = e.Descriptor.Annotations
		return Referrer{Subject: subject, Manifest: m, ArtifactType: old.ArtifactType, Annotations: old.Annotations}, nil
	}
	raw, err := json.Marshal(document.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: artifactType,
		Config: old.Config, Layers: old.Layers, Subject: &subject, Annotations: old.Annotations,
	})
	if err != nil {
		return Referrer{}, fmt.Errorf("writing attestation %s as a referrer: %w", e.Descriptor.Digest, err)
	}
	desc, err := newDescriptor(types.OCIManifestSchema1, raw)
	desc.Annotations = e.Descriptor.Annotations
	m := &image.Manifest{Descriptor: desc, Raw: raw, Blobs: e.Blobs}
	return Referrer{Subject: subject, Manifest: m, ArtifactType: artifactType, Annotations: old.Annotations}, err
}

// subjectDescriptor returns the media type, size and digest of d. The
// descriptor in the field subject must have no platform.
func subjectDescriptor(d v1.Descriptor) v1.Descriptor {
	return v1.Descriptor{MediaType: d.MediaType, Size: d.Size, Digest: d.Digest}
}

// isDockerType reports whether the media type t is a media type of Docker.
func isDockerType(t types.MediaType) bool {
	return strings.HasPrefix(string(t), "application/vnd.docker.")
}
