package report

import (
	"encoding/json"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// metadata is the content of the input "metadata-file". The keys without "ghcr-publish" are
// keys of "docker buildx build --metadata-file", with the same types of values
// (docs.docker.com, "docker buildx build", "--metadata-file").
type metadata struct {
	Report     *Report       `json:"ghcr-publish"`
	Digest     string        `json:"containerimage.digest"`
	Descriptor v1.Descriptor `json:"containerimage.descriptor"`
	Names      string        `json:"image.name"`
}

// PublishedDigest returns the digest of the published image, or "" if the run published no
// image. A run that failed after it had published the image also returns "".
func (r *Report) PublishedDigest() string {
	if r.Outcome != Published && r.Outcome != Unchanged {
		return ""
	}
	return r.provenDigest()
}

// Metadata returns the content of the input "metadata-file". The caller calls Metadata only
// if the run published an image.
func (r *Report) Metadata() ([]byte, error) {
	names := r.references()
	if r.ByDigest {
		for _, i := range r.Images {
			names = append(names, i.Image)
		}
	}
	text, err := json.MarshalIndent(metadata{Report: r, Digest: r.Digest, Descriptor: r.root, Names: strings.Join(names, ",")}, "", "  ")
	return append(text, '\n'), err
}
