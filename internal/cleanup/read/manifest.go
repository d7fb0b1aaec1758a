package read

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/graph"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// fields contains the fields of a manifest that connect it to other manifests.
type fields struct {
	MediaType string                    `json:"mediaType"`
	Manifests document.List[descriptor] `json:"manifests"`
	Layers    document.List[descriptor] `json:"layers"`
	Subject   *descriptor               `json:"subject"`
	Version   int                       `json:"schemaVersion"`
}

type descriptor struct {
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations"`
	Platform    *struct {
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
	} `json:"platform"`
}

// attestation reports whether an entry of an index is an attestation of BuildKit.
func (d descriptor) attestation() bool {
	if d.Annotations["vnd.docker.reference.type"] != "" {
		return true
	}
	return d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown"
}

var digestForm = lazy.Regexp(`^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-zA-Z=_-]{32,}$`)

// parse returns the connections of a manifest. A manifest with an invalid connection is an
// error, because it could own any other version.
func parse(mediaType string, raw []byte) (graph.Manifest, error) {
	var doc fields
	if err := json.Unmarshal(raw, &doc); err != nil {
		return graph.Manifest{}, fmt.Errorf("parsing the manifest: %w", err)
	}
	if err := document.CheckManifest("manifest", raw); err != nil {
		return graph.Manifest{}, fmt.Errorf("parsing the manifest: %w", err)
	}
	if doc.Version == 0 && doc.MediaType == "" && mediaType == "" {
		return graph.Manifest{}, errors.New("parsing the manifest: the document is no manifest")
	}
	if doc.MediaType != "" {
		mediaType = doc.MediaType
	}
	m := graph.Manifest{MediaType: mediaType, Size: int64(len(raw))}
	m.Index = types.MediaType(mediaType).IsIndex() || doc.Manifests != nil
	for _, d := range doc.Manifests {
		m.Children = append(m.Children, graph.Child{Digest: d.Digest, Attestation: d.attestation()})
	}
	for _, d := range doc.Layers {
		m.Layers = append(m.Layers, graph.Blob{Digest: d.Digest, Size: d.Size})
	}
	if doc.Subject != nil {
		m.Subject = doc.Subject.Digest
	}
	return m, wellFormed(m)
}

// wellFormed returns an error if a connection of a manifest is not a digest.
func wellFormed(m graph.Manifest) error {
	for _, child := range m.Children {
		if !digestForm().MatchString(child.Digest) {
			return fmt.Errorf("parsing the manifest: the entry %.80q has no digest", child.Digest)
		}
	}
	for _, layer := range m.Layers {
		if !digestForm().MatchString(layer.Digest) || layer.Size < 0 {
			return fmt.Errorf("parsing the manifest: the layer %.80q has no digest or no size", layer.Digest)
		}
	}
	if m.Subject != "" && !digestForm().MatchString(m.Subject) {
		return fmt.Errorf("parsing the manifest: the subject %.80q is no digest", m.Subject)
	}
	return nil
}
