// Package inspect describes an image as data: manifests and configs whole,
// platforms, sizes, annotations, and what refers to it.
//
// It works on the tree that package source or pull has read, whatever place
// that is in, and reads configs besides. It judges nothing and prints
// nothing; package report does.
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
	// maxConfig bounds a config that is shown, in bytes; maxConfigs all of
	// them together.
	maxConfig  = 4 << 20
	maxConfigs = 32 << 20
	atOnce     = 8
)

// View is an image as data.
type View struct {
	Digest       string            `json:"digest,omitempty"` // empty while it is known only after compression
	MediaType    string            `json:"media_type,omitempty"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Subject      string            `json:"subject,omitempty"` // digest of what it refers to
	Annotations  map[string]string `json:"annotations,omitempty"`
	Manifests    int               `json:"manifests"` // in the tree
	Blobs        int               `json:"blobs"`     // each once
	Size         int64             `json:"size"`      // bytes of all manifests and blobs, each once
	Manifest     json.RawMessage   `json:"manifest,omitempty"`
	Images       []Image           `json:"images"`
}

// Image is one image manifest of the tree.
type Image struct {
	Platform     *v1.Platform      `json:"platform,omitempty"`
	Digest       string            `json:"digest,omitempty"`
	MediaType    string            `json:"media_type,omitempty"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Subject      string            `json:"subject,omitempty"`
	Attests      string            `json:"attests,omitempty"` // digest of the image that BuildKit's attestation is about
	Annotations  map[string]string `json:"annotations,omitempty"`
	Size         int64             `json:"size"` // bytes of config and layers
	Layers       []Layer           `json:"layers"`
	Manifest     json.RawMessage   `json:"manifest,omitempty"`
	Config       json.RawMessage   `json:"config,omitempty"`
}

// Layer is one layer as it is stored.
type Layer struct {
	Digest    string   `json:"digest,omitempty"` // empty while it is plain, to be compressed
	MediaType string   `json:"media_type"`
	Size      int64    `json:"size"`
	PlainSize int64    `json:"plain_size,omitempty"`
	DiffID    string   `json:"diff_id,omitempty"`
	URLs      []string `json:"urls,omitempty"` // of a foreign layer
}

// attests is the annotation by which BuildKit's attestations name their image.
const attests = "vnd.docker.reference.digest"

// document is what a manifest or index says of itself.
type document struct {
	ArtifactType string                   `json:"artifactType"`
	Subject      *struct{ Digest string } `json:"subject"`
	Annotations  map[string]string        `json:"annotations"`
}

// Describe reads configs, and makes data of a tree.
func Describe(ctx context.Context, root *image.Manifest) (*View, error) {
	doc, err := documentOf(root)
	if err != nil {
		return nil, err
	}
	v := &View{
		Digest: hash(root.Descriptor.Digest), MediaType: string(root.Descriptor.MediaType),
		ArtifactType: doc.ArtifactType, Subject: doc.subject(), Annotations: doc.Annotations, Manifest: raw(root.Raw), Images: []Image{},
	}
	about := attested(root)
	var images []*image.Manifest
	for _, m := range image.Manifests(root) {
		v.Manifests++
		v.Size += m.Descriptor.Size
		if m.Index() {
			continue
		}
		one, err := describe(m)
		if err != nil {
			return nil, err
		}
		one.Attests = about[m.Descriptor.Digest]
		v.Images, images = append(v.Images, one), append(images, m)
	}
	for _, b := range image.Blobs(root) {
		v.Blobs++
		v.Size += b.Descriptor.Size
	}
	return v, v.configs(ctx, images)
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

// attested maps attestation manifests to the images they are about, as the
// indexes above them say.
func attested(root *image.Manifest) map[v1.Hash]string {
	out := map[v1.Hash]string{}
	for _, m := range image.Manifests(root) {
		var index struct {
			Manifests []struct {
				Digest      v1.Hash           `json:"digest"`
				Annotations map[string]string `json:"annotations"`
			} `json:"manifests"`
		}
		if !m.Index() || json.Unmarshal(m.Raw, &index) != nil { // what it lists was read by package source
			continue
		}
		for _, child := range index.Manifests {
			if about := child.Annotations[attests]; about != "" {
				out[child.Digest] = about
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
		var odd *json.UnmarshalTypeError // an artifact of another world: shown whole, without these
		if !errors.As(err, &odd) {
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

// configs reads the configs of the images, several at a time, up to a bound.
func (v *View) configs(ctx context.Context, images []*image.Manifest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	room := int64(maxConfigs)
	for i, m := range images {
		if len(m.Blobs) == 0 || m.Blobs[0].Descriptor.Size > min(maxConfig, room) {
			continue
		}
		room -= m.Blobs[0].Descriptor.Size
		group.Go(func() (err error) {
			v.Images[i].Config, err = config(ctx, m.Blobs[0])
			return err
		})
	}
	return group.Wait()
}

// config reads a config that is JSON; any other is left out.
func config(ctx context.Context, b *image.Blob) (json.RawMessage, error) {
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

func raw(content []byte) json.RawMessage {
	if !json.Valid(content) {
		return nil
	}
	return content
}

func hash(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return ""
	}
	return h.String()
}
