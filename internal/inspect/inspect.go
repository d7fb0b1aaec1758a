// Package inspect describes an image as data. The description contains the
// manifests and configs of the image, its platforms, sizes and annotations,
// and the manifests that refer to the image.
//
// Package source or package pull reads the manifests of the image, and
// package inspect reads only the configs. Package inspect does not check the
// image. Package report prints the description.
package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

const (
	// maxConfig is the maximum size of one config in a View, in bytes.
	// maxConfigs is the maximum total size of all configs in a View, in
	// bytes.
	maxConfig  = 4 << 20
	maxConfigs = 32 << 20
	// maxConcurrentReads is the maximum number of configs that the package
	// reads concurrently.
	maxConcurrentReads = 8
)

// View describes an image, or an index and all its manifests.
type View struct {
	Digest       string            `json:"digest,omitempty"` // The digest is empty if layers must be compressed before the digest is known.
	MediaType    string            `json:"media_type,omitempty"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Subject      string            `json:"subject,omitempty"` // the digest in the field "subject" of the manifest
	Annotations  map[string]string `json:"annotations,omitempty"`
	Manifests    int               `json:"manifests"` // the number of different manifests, including the root
	Blobs        int               `json:"blobs"`     // the number of different blobs
	Size         int64             `json:"size"`      // the total size of all different manifests and blobs, in bytes
	Manifest     json.RawMessage   `json:"manifest,omitempty"`
	Images       []Image           `json:"images"`
}

// Image describes one image manifest.
type Image struct {
	Platform     *v1.Platform      `json:"platform,omitempty"`
	Digest       string            `json:"digest,omitempty"`
	MediaType    string            `json:"media_type,omitempty"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Subject      string            `json:"subject,omitempty"`
	Attests      string            `json:"attests,omitempty"` // the digest of the image that this attestation of BuildKit describes
	Annotations  map[string]string `json:"annotations,omitempty"`
	Size         int64             `json:"size"` // the total size of the config and the layers, in bytes
	Layers       []Layer           `json:"layers"`
	Manifest     json.RawMessage   `json:"manifest,omitempty"`
	Config       json.RawMessage   `json:"config,omitempty"`
}

// Layer describes one layer as the source stores it.
type Layer struct {
	Digest    string   `json:"digest,omitempty"` // The digest is empty if the layer is not compressed and a push would compress it.
	MediaType string   `json:"media_type"`
	Size      int64    `json:"size"`
	PlainSize int64    `json:"plain_size,omitempty"`
	DiffID    string   `json:"diff_id,omitempty"`
	URLs      []string `json:"urls,omitempty"` // the URLs from which clients download a foreign layer
}

// attestsKey is the key of an annotation that BuildKit adds to the descriptor
// of an attestation in an index. The value of the annotation is the digest of
// the image that the attestation describes.
const attestsKey = "vnd.docker.reference.digest"

// fields contains the fields of a manifest or index that a View or an Image
// contains.
type fields struct {
	ArtifactType string                   `json:"artifactType"`
	Subject      *struct{ Digest string } `json:"subject"`
	Annotations  map[string]string        `json:"annotations"`
}

// Describe returns the description of an image or index. Describe also reads
// the config of each image. If a config exceeds a limit or is not JSON,
// Describe omits the config. If a manifest is not valid, if a config cannot be
// read, or if programs read a config in different ways, Describe returns an error.
func Describe(ctx context.Context, root *image.Manifest) (*View, error) {
	v, images, err := structure(root)
	if err != nil {
		return nil, err
	}
	configs, err := readConfigs(ctx, configsOf(images))
	if err != nil {
		return nil, err
	}
	for i, m := range images {
		if m.IsRunnable() {
			if err := document.CheckConfig("config "+m.Blobs[0].Descriptor.Digest.String(), configs[m]); err != nil {
				return nil, err
			}
		}
		v.Images[i].Config = configs[m]
	}
	return v, nil
}

// structure describes an image or index without its configs. structure reads no blob.
// The returned manifests are in the order of View.Images.
func structure(root *image.Manifest) (*View, []*image.Manifest, error) {
	doc, err := documentOf(root)
	if err != nil {
		return nil, nil, err
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
			return nil, nil, err
		}
		described.Attests = attested[m.Descriptor.Digest]
		v.Images, images = append(v.Images, described), append(images, m)
	}
	for _, b := range image.Blobs(root) {
		v.Blobs++
		v.Size += b.Descriptor.Size
	}
	return v, images, nil
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

// attestedImages maps the digest of each attestation of BuildKit to the
// digest of the image that the attestation describes. The index contains the
// digest of the image in an annotation (see attestsKey).
func attestedImages(root *image.Manifest) map[v1.Hash]string {
	out := map[v1.Hash]string{}
	for _, m := range image.Manifests(root) {
		var index struct {
			Manifests []struct {
				Digest      v1.Hash           `json:"digest"`
				Annotations map[string]string `json:"annotations"`
			} `json:"manifests"`
		}
		if !m.Index() || json.Unmarshal(m.Raw, &index) != nil { // The JSON of each index is valid, because package source has already parsed it.
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

func documentOf(m *image.Manifest) (*fields, error) {
	var doc fields
	if m.Raw == nil {
		return &doc, nil
	}
	if err := json.Unmarshal(m.Raw, &doc); err != nil {
		// If a field of an artifact has an unexpected type, the description
		// omits the field.
		var otherType *json.UnmarshalTypeError
		if !errors.As(err, &otherType) {
			return nil, fmt.Errorf("reading the manifest %s: %w", m.Descriptor.Digest, err)
		}
	}
	return &doc, nil
}

func (d *fields) subject() string {
	if d.Subject == nil {
		return ""
	}
	return d.Subject.Digest
}

// config is the config of one image, before the package reads it.
type config struct {
	of    *image.Manifest
	image string // image is the digest of the image, or "".
	desc  v1.Descriptor
	open  func(context.Context) (io.ReadCloser, error)
}

// configsOf returns the configs of the images, within the limits maxConfig and
// maxConfigs. A later change of the images does not change the result.
func configsOf(images []*image.Manifest) []config {
	var out []config
	remaining := int64(maxConfigs)
	for _, m := range images {
		if len(m.Blobs) == 0 || m.Blobs[0].Descriptor.Size > min(maxConfig, remaining) {
			continue
		}
		b := m.Blobs[0]
		remaining -= b.Descriptor.Size
		open := b.Open
		if content := b.Content; content != nil { // the program has already read the config
			open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
		}
		out = append(out, config{of: m, image: hash(m.Descriptor.Digest), desc: b.Descriptor, open: open})
	}
	return out
}

// readConfigs reads the configs concurrently. Several images can share a config, and
// readConfigs reads this config only once. A config that is not JSON has no entry.
func readConfigs(ctx context.Context, configs []config) (map[*image.Manifest]json.RawMessage, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentReads)
	read := map[v1.Hash]*json.RawMessage{}
	for _, c := range configs {
		if read[c.desc.Digest] != nil {
			continue
		}
		content := new(json.RawMessage)
		read[c.desc.Digest] = content
		group.Go(func() (err error) {
			*content, err = c.read(ctx)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	out := map[*image.Manifest]json.RawMessage{}
	for _, c := range configs {
		out[c.of] = *read[c.desc.Digest]
	}
	return out, nil
}

// read reads a config. If the config is not JSON, read returns nil.
func (c config) read(ctx context.Context) (json.RawMessage, error) {
	content, err := readBlob(ctx, c.desc, c.open)
	if err != nil {
		return nil, fmt.Errorf("reading the config %s: %w", c.desc.Digest, err)
	}
	return raw(content), nil
}

// readBlob reads and verifies a blob. The caller has checked the size in the descriptor.
func readBlob(ctx context.Context, desc v1.Descriptor, open func(context.Context) (io.ReadCloser, error)) ([]byte, error) {
	r, err := open(ctx)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(registry.Verify(r, desc), desc.Size+1)) // The callers limit the size.
	return content, errors.Join(err, r.Close())
}

// raw returns the content if the content is JSON. Otherwise raw returns nil.
func raw(content []byte) json.RawMessage {
	if !json.Valid(content) {
		return nil
	}
	return content
}

// hash returns a digest as text. For the zero value of a digest, hash returns
// "".
func hash(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return ""
	}
	return h.String()
}
