package rewrite

import (
	"bytes"
	"context"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// Config reads an image's config whole, and checks its digest.
func Config(ctx context.Context, m *image.Manifest) ([]byte, error) {
	b := m.Blobs[0]
	if b.Descriptor.Size > image.MaxConfig {
		return nil, fmt.Errorf("config %s has %d bytes, more than %d", b.Descriptor.Digest, b.Descriptor.Size, image.MaxConfig)
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
		err = fmt.Errorf("config %s holds other bytes: they hash to %s", b.Descriptor.Digest, digest)
	}
	return raw, err
}

// Blobs writes the present types, digests and sizes of config and layers into
// an image's manifest.
func Blobs(m *image.Manifest, raw []byte) ([]byte, error) {
	return Edit(raw, func(manifest Fields) error {
		layers, err := manifest.List("layers")
		if err != nil {
			return err
		}
		if len(layers) != len(m.Blobs)-1 {
			return fmt.Errorf("it lists %d layers, and %d were read", len(layers), len(m.Blobs)-1)
		}
		for i, layer := range layers {
			if err := layer.describe(m.Blobs[i+1].Descriptor); err != nil {
				return err
			}
		}
		if err := manifest.head(m); err != nil {
			return err
		}
		if err := manifest.Put("layers", layers); err != nil {
			return err
		}
		return manifest.Edit("config", func(config Fields) error { return config.describe(m.Blobs[0].Descriptor) })
	})
}
