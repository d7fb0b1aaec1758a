package image

import (
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// These are the annotation keys of an index entry for an attestation (BuildKit
// documentation, "Image attestation storage").
const (
	// ReferenceType is the annotation key for the type of the entry.
	ReferenceType = "vnd.docker.reference.type"
	// ReferenceDigest is the annotation key for the digest of the attested
	// image.
	ReferenceDigest = "vnd.docker.reference.digest"

	attestationType = "attestation-manifest"
)

// IsAttestation reports whether the manifest m is an attestation that BuildKit wrote for
// another entry of the index.
func (m *Manifest) IsAttestation() bool {
	return m.Descriptor.Annotations[ReferenceType] == attestationType
}

// HasSubject reports whether the manifest m refers to another manifest (image-spec,
// "subject").
func (m *Manifest) HasSubject() bool { return m.artifactFields().Subject != nil }

// ArtifactType returns the type of the artifact in the manifest m (image-spec,
// "artifactType"), or "" for an image.
func (m *Manifest) ArtifactType() string { return m.artifactFields().ArtifactType }

// Subject returns the digest of the manifest to which the manifest m refers. Subject
// returns false if the manifest m refers to no manifest.
func (m *Manifest) Subject() (v1.Hash, bool) {
	if s := m.artifactFields().Subject; s != nil {
		return s.Digest, true
	}
	return v1.Hash{}, false
}

// IsArtifactAttestation reports whether the manifest m is an attestation in the form that
// BuildKit writes since version 0.32: an artifact manifest whose subject is the attested
// image.
func (m *Manifest) IsArtifactAttestation() bool {
	f := m.artifactFields()
	return m.IsAttestation() && (f.Subject != nil || f.ArtifactType != "")
}

// artifactFields are the fields of a manifest that an image does not have.
type artifactFields struct {
	ArtifactType string         `json:"artifactType"`
	Subject      *v1.Descriptor `json:"subject"`
}

func (m *Manifest) artifactFields() artifactFields {
	var f artifactFields
	if json.Unmarshal(m.Raw, &f) != nil {
		return artifactFields{} // a pending manifest has no bytes
	}
	return f
}
