// Package inspect describes an image as data: its manifests and configs, its
// platforms, sizes and annotations, and the manifests that refer to it.
//
// The package describes a tree that package source or package pull has read from
// files or from a registry. It also reads the configs of the tree. It reports no
// findings about the image, and it prints nothing. Package report prints the
// description.
package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

const (
	// maxConfig is the maximum size of each config in a View, in bytes.
	// maxConfigs is the maximum total size of all configs in a View, in bytes.
	maxConfig  = 4 << 20
	maxConfigs = 32 << 20
	// maxConcurrentReads is the maximum number of configs that are read
	// concurrently.
	maxConcurrentReads = 8
)

// View describes an image or index, with all manifests below it.
type View struct {
	Digest       string            `json:"digest,omitempty"` // empty if the digest depends on a later compression
	MediaType    string            `json:"media_type,omitempty"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Subject      string            `json:"subject,omitempty"` // digest of the manifest to which this manifest refers
	Annotations  map[string]string `json:"annotations,omitempty"`
	Manifests    int               `json:"manifests"` // number of manifests in the tree
	Blobs        int               `json:"blobs"`     // number of different blobs
	Size         int64             `json:"size"`      // bytes of all manifests and of all different blobs
	Manifest     json.RawMessage   `json:"manifest,omitempty"`
	Images       []Image           `json:"images"`
}

// Image describes one image manifest of the tree.
type Image struct {
	Platform     *v1.Platform      `json:"platform,omitempty"`
	Digest       string            `json:"digest,omitempty"`
	MediaType    string            `json:"media_type,omitempty"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Subject      string            `json:"subject,omitempty"`
	Attests      string            `json:"attests,omitempty"` // digest of the image that this attestation of BuildKit describes
	Annotations  map[string]string `json:"annotations,omitempty"`
	Size         int64             `json:"size"` // bytes of config and layers
	Layers       []Layer           `json:"layers"`
	Manifest     json.RawMessage   `json:"manifest,omitempty"`
	Config       json.RawMessage   `json:"config,omitempty"`
}

// Layer describes one layer as the source stores it.
type Layer struct {
	Digest    string   `json:"digest,omitempty"` // empty for an uncompressed layer that a push would compress
	MediaType string   `json:"media_type"`
	Size      int64    `json:"size"`
	PlainSize int64    `json:"plain_size,omitempty"`
	DiffID    string   `json:"diff_id,omitempty"`
	URLs      []string `json:"urls,omitempty"` // addresses of a foreign layer
}

// attestsKey is the key of an annotation that BuildKit adds to the entry of an
// attestation in an index. The value is the digest of the image that the
// attestation describes.
const attestsKey = "vnd.docker.reference.digest"

// document contains the fields of a manifest or index that a description shows.
type document struct {
	ArtifactType string                   `json:"artifactType"`
	Subject      *struct{ Digest string } `json:"subject"`
	Annotations  map[string]string        `json:"annotations"`
}

// Describe returns the description of a tree. It also reads the configs of the
// images in the tree. It omits a config that exceeds a limit or is not JSON. It
// returns an error if a manifest is not valid or a config cannot be read.
func Describe(ctx context.Context, root *image.Manifest) (*View, error) {
	doc, err := documentOf(root)
	if err != nil {
		return nil, err
	}
	v := &View{
		Digest: hash(root.Descriptor.Digest), MediaType: string(root.Descriptor.MediaType),
		ArtifactType: doc.ArtifactType, Subject: doc.subject(), Annotations: doc.Annotations, Manifest: raw(root.Raw), Images: []Image{},
	}
	attested := attestedImages(root)
	var images []*image.Manifest
	for _, m := range image.Manifests(root) {
		v.Manifests++
		v.Size += m.Descriptor.Size
		if m.Index() {
			continue
		}
		described, err := describe(m)
		if err != nil {
			return nil, err
		}
		described.Attests = attested[m.Descriptor.Digest]
		v.Images, images = append(v.Images, described), append(images, m)
	}
	for _, b := range image.Blobs(root) {
		v.Blobs++
		v.Size += b.Descriptor.Size
	}
	return v, v.readConfigs(ctx, images)
}

func describe(m *image.Manifest) (Image, error) {
	doc, err := documentOf(m)
	if err != nil {
		return Image{}, err
	}
	out := Image{
		Platform: m.Platform, Digest: hash(m.Descriptor.Digest), MediaType: string(m.Descriptor.MediaType),
		ArtifactType: doc.ArtifactType, Subject: doc.subject(), Annotations: doc.Annotations, Manifest: raw(m.Raw), Layers: []Layer{},
	}
	for i, b := range m.Blobs {
		out.Size += b.Descriptor.Size
		if i == 0 {
			continue
		}
		out.Layers = append(out.Layers, Layer{
			Digest: hash(b.Descriptor.Digest), MediaType: string(b.Descriptor.MediaType), Size: b.Descriptor.Size,
			PlainSize: b.PlainSize, DiffID: hash(b.DiffID), URLs: b.Descriptor.URLs,
		})
	}
	return out, nil
}

// attestedImages maps the digest of each attestation of BuildKit to the digest of
// the image that the attestation describes. The digest of the image is an
// annotation in the index (see attestsKey).
func attestedImages(root *image.Manifest) map[v1.Hash]string {
	out := map[v1.Hash]string{}
	for _, m := range image.Manifests(root) {
		var index struct {
			Manifests []struct {
				Digest      v1.Hash           `json:"digest"`
				Annotations map[string]string `json:"annotations"`
			} `json:"manifests"`
		}
		if !m.Index() || json.Unmarshal(m.Raw, &index) != nil { // package source has already parsed each index of the tree
			continue
		}
		for _, child := range index.Manifests {
			if image := child.Annotations[attestsKey]; image != "" {
				out[child.Digest] = image
			}
		}
	}
	return out
}

func documentOf(m *image.Manifest) (*document, error) {
	var doc document
	if m.Raw == nil {
		return &doc, nil
	}
	if err := json.Unmarshal(m.Raw, &doc); err != nil {
		// A field of an artifact can have an unexpected type. The description
		// of the manifest then omits this field.
		var otherType *json.UnmarshalTypeError
		if !errors.As(err, &otherType) {
			return nil, fmt.Errorf("reading the manifest %s: %w", m.Descriptor.Digest, err)
		}
	}
	return &doc, nil
}

func (d *document) subject() string {
	if d.Subject == nil {
		return ""
	}
	return d.Subject.Digest
}

// readConfigs reads the configs of the images concurrently, within the limits
// maxConfig and maxConfigs.
func (v *View) readConfigs(ctx context.Context, images []*image.Manifest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	remaining := int64(maxConfigs)
	for i, m := range images {
		if len(m.Blobs) == 0 || m.Blobs[0].Descriptor.Size > min(maxConfig, remaining) {
			continue
		}
		remaining -= m.Blobs[0].Descriptor.Size
		group.Go(func() (err error) {
			v.Images[i].Config, err = readConfig(ctx, m.Blobs[0])
			return err
		})
	}
	return group.Wait()
}

// readConfig reads a config. It returns nil for a config that is not JSON.
func readConfig(ctx context.Context, b *image.Blob) (json.RawMessage, error) {
	r, err := b.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the config %s: %w", b.Descriptor.Digest, err)
	}
	content, err := io.ReadAll(registry.Verify(r, b.Descriptor))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("reading the config %s: %w", b.Descriptor.Digest, err)
	}
	return raw(content), nil
}

// raw returns the content if it is JSON, and nil otherwise.
func raw(content []byte) json.RawMessage {
	if !json.Valid(content) {
		return nil
	}
	return content
}

// hash returns the text of a digest. For the zero value it returns "".
func hash(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return ""
	}
	return h.String()
}
