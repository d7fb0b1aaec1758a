package ghcrtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// parsedManifest contains the fields of a manifest that the registry reads. The
// registry accepts a manifest of any media type if the manifest is JSON.
type parsedManifest struct {
	MediaType   string            `json:"mediaType"`
	Config      *descriptor       `json:"config"`
	Layers      []descriptor      `json:"layers"`
	Blobs       []descriptor      `json:"blobs"`
	Manifests   []descriptor      `json:"manifests"`
	Subject     *descriptor       `json:"subject"`
	Annotations map[string]string `json:"annotations"`
}

// descriptor is a descriptor with the fields that the registry reads.
type descriptor struct {
	MediaType types.MediaType `json:"mediaType"`
	Digest    string          `json:"digest"`
}

// parseManifest parses a manifest. parseManifest compares the field mediaType of the
// manifest with the Content-Type of the request.
func parseManifest(raw []byte, contentType string) (*parsedManifest, *refusal) {
	var m parsedManifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, manifestInvalid("manifest is not valid JSON: " + err.Error())
	}
	if contentType == "" {
		return nil, manifestInvalid("Content-Type is missing")
	}
	if m.MediaType != "" && m.MediaType != bareType(contentType) {
		return nil, manifestInvalid(fmt.Sprintf("mediaType %q does not match Content-Type %q", m.MediaType, contentType))
	}
	return &m, nil
}

func manifestInvalid(message string) *refusal {
	return refuse(http.StatusBadRequest, CodeManifestInvalid, message)
}

// blobs returns the digests of the blobs that the repository must have. The list
// omits foreign layers.
func (m *parsedManifest) blobs() []string {
	var out []string
	if m.Config != nil {
		out = append(out, m.Config.Digest)
	}
	for _, e := range append(m.Layers, m.Blobs...) {
		if e.MediaType.IsDistributable() {
			out = append(out, e.Digest)
		}
	}
	return out
}

// missing returns the digests of the blobs and children that the repository does not
// have.
func (m *parsedManifest) missing(p *pkg) []string {
	var out []string
	for _, digest := range m.blobs() {
		if !p.blobs[digest] {
			out = append(out, digest)
		}
	}
	for _, child := range m.Manifests {
		if p.byDigest(child.Digest) == nil {
			out = append(out, child.Digest)
		}
	}
	return out
}

// maxConfig is the maximum size of a config that is searched for labels, in bytes.
const maxConfig = 4 << 20

// source returns the source label of a manifest. An index has this label in its
// annotations. An image has this label in its config (docs/ghcr.md, Linked
// repository).
func (m *parsedManifest) source(blobs *store) string {
	if m.Config == nil {
		return m.Annotations[labelSource]
	}
	r, err := blobs.open(m.Config.Digest)
	if err != nil {
		return ""
	}
	defer r.Close()
	var config struct {
		Config struct {
			Labels map[string]string
		} `json:"config"`
	}
	if json.NewDecoder(io.LimitReader(r, maxConfig)).Decode(&config) != nil {
		return "" // A config with another media type has no labels.
	}
	return config.Config.Labels[labelSource]
}
