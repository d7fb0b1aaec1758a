package rewrite

import (
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// legacyAttestation is an attestation in the form of BuildKit before version 0.32. The
// fields are in the order of BuildKit.
type legacyAttestation struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     types.MediaType   `json:"mediaType"`
	Config        legacyConfig      `json:"config"`
	Layers        []json.RawMessage `json:"layers"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// legacyConfig is the descriptor of a config with the fields in the order of BuildKit.
type legacyConfig struct {
	MediaType types.MediaType `json:"mediaType"`
	Digest    v1.Hash         `json:"digest"`
	Size      int64           `json:"size"`
}

// unknownImage is the image config of an attestation. Clients ignore the config, so it
// contains nothing about the attestation.
type unknownImage struct {
	Architecture string   `json:"architecture"`
	OS           string   `json:"os"`
	Config       struct{} `json:"config"`
	RootFS       struct {
		Type    string    `json:"type"`
		DiffIDs []v1.Hash `json:"diff_ids"`
	} `json:"rootfs"`
}

// LegacyAttestation converts an attestation to the form that BuildKit wrote before
// version 0.32, which is an image manifest without artifact type and subject. BuildKit
// also writes this form if the option oci-artifact=false is set (BuildKit
// documentation, "Image attestation storage"). LegacyAttestation writes the same bytes
// as BuildKit with this option. The statements do not change.
func LegacyAttestation(m *image.Manifest) error {
	var old struct {
		Layers      []json.RawMessage `json:"layers"`
		Annotations map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(m.Raw, &old); err != nil {
		return fmt.Errorf("reading attestation %s: %w", m.Descriptor.Digest, err)
	}
	var img unknownImage
	img.Architecture, img.OS, img.RootFS.Type = "unknown", "unknown", "layers"
	for _, b := range m.Blobs[1:] {
		img.RootFS.DiffIDs = append(img.RootFS.DiffIDs, b.Descriptor.Digest) // a statement is not compressed
	}
	raw, err := json.Marshal(img)
	if err != nil {
		return fmt.Errorf("writing the config of attestation %s: %w", m.Descriptor.Digest, err)
	}
	config := NewConfig(v1.Descriptor{MediaType: types.OCIConfigJSON}, raw)
	raw, err = json.MarshalIndent(legacyAttestation{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: legacyConfig{config.Descriptor.MediaType, config.Descriptor.Digest, config.Descriptor.Size},
		Layers: old.Layers, Annotations: old.Annotations,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing attestation %s: %w", m.Descriptor.Digest, err)
	}
	blobs := append([]*image.Blob{config}, m.Blobs[1:]...) // other manifests can share the old list
	m.Blobs, m.Descriptor.MediaType, m.Descriptor.ArtifactType = blobs, types.OCIManifestSchema1, ""
	m.Platform = &v1.Platform{OS: img.OS, Architecture: img.Architecture}
	return m.Replace(raw)
}

// Entries returns a new version of the index m. Entries updates the index entries in the
// same way as the function Index. If the function "replaced" returns true for a child,
// Entries also copies the platform and the artifact type of the child into its entry.
func Entries(m *image.Manifest, replaced func(*image.Manifest) bool) ([]byte, error) {
	raw, err := Index(m, m.Raw)
	if err != nil {
		return nil, err
	}
	return Edit(raw, func(index Fields) error {
		list, err := index.entries(m)
		if err != nil {
			return err
		}
		for i, c := range m.Children {
			if !replaced(c) {
				continue
			}
			if err := list[i].describe(c); err != nil {
				return err
			}
		}
		return index.Set("manifests", list)
	})
}

// describe copies the platform and the artifact type of a manifest into the index entry
// of the manifest.
func (f Fields) describe(m *image.Manifest) error {
	delete(f, "artifactType")
	if m.Descriptor.ArtifactType != "" {
		if err := f.Set("artifactType", m.Descriptor.ArtifactType); err != nil {
			return err
		}
	}
	return f.Set("platform", m.Platform)
}
