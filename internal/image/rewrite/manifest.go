package rewrite

import (
	"bytes"
	"context"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// ReadConfig reads the config of an image and verifies its digest. ReadConfig
// returns an error for a config of more than image.MaxConfig bytes.
func ReadConfig(ctx context.Context, m *image.Manifest) ([]byte, error) {
	b := m.Blobs[0]
	if b.Descriptor.Size > image.MaxConfig {
		return nil, fmt.Errorf("config %s has %d bytes, but the limit is %d bytes", b.Descriptor.Digest, b.Descriptor.Size, image.MaxConfig)
	}
	r, err := b.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, image.MaxConfig+1))
	if err != nil {
		return nil, err
	}
	digest, _, err := v1.SHA256(bytes.NewReader(raw))
	if err == nil && digest != b.Descriptor.Digest {
		err = fmt.Errorf("the bytes of config %s have the digest %s", b.Descriptor.Digest, digest)
	}
	return raw, err
}

// NewConfig returns a blob for the changed bytes of a config. The blob has no
// repositories to mount from, because no repository is known to have the new
// bytes.
func NewConfig(old v1.Descriptor, raw []byte) *image.Blob {
	old.Digest, old.Size, _ = v1.SHA256(bytes.NewReader(raw)) // reading from memory never fails
	old.Data = nil
	return &image.Blob{Descriptor: old, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}}
}

// Manifest returns a new version of the image manifest in the argument "raw". The new
// version has the media type of m. The descriptors in the new version have the current
// media types, digests and sizes of the blobs of m.
func Manifest(m *image.Manifest, raw []byte) ([]byte, error) {
	return Edit(raw, func(manifest Fields) error {
		layers, err := manifest.List("layers")
		if err != nil {
			return err
		}
		if len(layers) != len(m.Blobs)-1 {
			return fmt.Errorf("the manifest lists %d layers, but the program read %d layers", len(layers), len(m.Blobs)-1)
		}
		for i, layer := range layers {
			if err := layer.updateDescriptor(m.Blobs[i+1].Descriptor); err != nil {
				return err
			}
		}
		if err := manifest.updateHeader(m); err != nil {
			return err
		}
		if err := manifest.Set("layers", layers); err != nil {
			return err
		}
		return manifest.Edit("config", func(config Fields) error { return config.updateDescriptor(m.Blobs[0].Descriptor) })
	})
}
