package ghcrtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// shape is the part of a manifest that the registry looks into: what it
// names. Artifacts of any media type are taken as long as they are JSON.
type shape struct {
	MediaType   string            `json:"mediaType"`
	Config      *entry            `json:"config"`
	Layers      []entry           `json:"layers"`
	Blobs       []entry           `json:"blobs"`
	Manifests   []entry           `json:"manifests"`
	Annotations map[string]string `json:"annotations"`
}

// entry is a descriptor.
type entry struct {
	MediaType types.MediaType `json:"mediaType"`
	Digest    string          `json:"digest"`
}

// parseShape reads a manifest and holds its own media type against the one it
// was sent under.
func parseShape(raw []byte, contentType string) (*shape, *refusal) {
	var m shape
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
	return refuse(http.StatusBadRequest, "MANIFEST_INVALID", message)
}

// blobs lists the digests of blobs that must be there. Foreign layers need
// not be.
func (m *shape) blobs() []string {
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

// missing lists what the manifest names and the repository lacks.
func (m *shape) missing(p *pkg) []string {
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

// maxConfig is how much of a config is looked at for labels, in bytes.
const maxConfig = 4 << 20

// source is the repository a manifest says it comes from: an index in its
// annotations, an image in the labels of its config (docs/ghcr.md, Linked repository).
func (m *shape) source(blobs *store) string {
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
		return "" // a config of another kind has no labels
	}
	return config.Config.Labels[labelSource]
}
