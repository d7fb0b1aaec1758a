package files

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// baseName and baseDigest are the annotations that contain the name and the digest of the
// base image (image-spec, "Pre-Defined Annotation Keys").
const (
	baseName   = "org.opencontainers.image.base.name"
	baseDigest = "org.opencontainers.image.base.digest"
)

// image adds the layer to the base image. The built image has OCI media
// types, even if the base image has Docker media types.
func (m *builder) image(b base, l *layer) (*image.Manifest, error) {
	raw, err := m.config(b, l)
	if err != nil {
		return nil, err
	}
	config, err := inMemory(types.OCIConfigJSON, raw)
	if err != nil {
		return nil, err
	}
	blobs := []*image.Blob{config}
	for _, layer := range b.layers {
		if t := image.OCIType(layer.Descriptor.MediaType); t != layer.Descriptor.MediaType {
			renamed := *layer
			renamed.Descriptor.MediaType = t
			layer = &renamed
		}
		blobs = append(blobs, layer)
	}
	blobs = append(blobs, l.blob)
	doc := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config.Descriptor}
	for _, layer := range blobs[1:] {
		doc.Layers = append(doc.Layers, layer.Descriptor)
	}
	if m.Files.Base != nil {
		doc.Annotations = map[string]string{baseName: m.Files.Base.Name(), baseDigest: b.digest.String()}
	}
	out, err := manifest(types.OCIManifestSchema1, doc)
	if err != nil {
		return nil, err
	}
	platform := b.platform
	out.Platform, out.Blobs = &platform, blobs
	return out, nil
}

// index builds the index of several images.
func index(images []*image.Manifest) (*image.Manifest, error) {
	doc := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	for _, one := range images {
		desc := one.Descriptor
		desc.Platform = one.Platform
		doc.Manifests = append(doc.Manifests, desc)
	}
	out, err := manifest(types.OCIImageIndex, doc)
	if err != nil {
		return nil, err
	}
	out.Children = images
	return out, nil
}

// manifest encodes a document as JSON. For the same document, manifest always
// returns the same bytes.
func manifest(t types.MediaType, doc any) (*image.Manifest, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encoding a manifest: %w", err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("hashing a manifest: %w", err)
	}
	return &image.Manifest{Descriptor: v1.Descriptor{MediaType: t, Digest: digest, Size: size}, Raw: raw}, nil
}

// inMemory returns a blob with the given content.
func inMemory(t types.MediaType, raw []byte) (*image.Blob, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("hashing a config: %w", err)
	}
	return &image.Blob{
		Descriptor: v1.Descriptor{MediaType: t, Digest: digest, Size: size},
		Open:       func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil },
	}, nil
}
