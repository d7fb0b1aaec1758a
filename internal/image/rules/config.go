package rules

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// readConfig returns the bytes of the config of an image. readConfig returns nil
// if m is not an image, if only a registry has the config, or if the config is
// too large or damaged. A later step, the upload, reports a damaged config.
func readConfig(ctx context.Context, m *image.Manifest) ([]byte, error) {
	if !m.IsRunnable() {
		return nil, nil
	}
	b := m.Blobs[0]
	if b.Content != nil || len(b.MountFrom) > 0 || b.Absent || b.Open == nil || b.Descriptor.Size > image.MaxConfig {
		return b.Content, nil
	}
	in, err := b.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, image.MaxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("reading the config %s: %w", b.Descriptor.Digest, err)
	}
	hasher, err := v1.Hasher(b.Descriptor.Digest.Algorithm)
	if err != nil {
		return nil, err
	}
	_, _ = hasher.Write(raw) // The method Write of hash.Hash never returns an error.
	if hex.EncodeToString(hasher.Sum(nil)) != b.Descriptor.Digest.Hex {
		return nil, nil
	}
	return raw, nil
}

// errNoObject marks JSON text that is not an object.
var errNoObject = errors.New("the text is not a JSON object")

func isObject(raw []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) }

// artifact reports whether the document is the config of an artifact. Some tools write
// the config of an artifact with the media type of an image config. For example, cosign
// writes a config with diff ids and without a platform. A manifest with layers of images
// is never an artifact.
func (c *config) artifact(m *image.Manifest) bool {
	noPlatform := c.OS == "" && c.Architecture == ""
	if noPlatform && c.RootFS == nil {
		return true
	}
	for _, b := range m.Blobs[1:] {
		if isLayer(b.Descriptor.MediaType) {
			return false
		}
	}
	return len(m.Blobs) > 1 && (noPlatform || m.ArtifactType() != "")
}

// config returns the config of an image, or nil if the config is unknown or invalid.
func (c *checker) config(ctx context.Context, m *image.Manifest) (*config, error) {
	if doc, known := c.configs[m]; known {
		return doc, nil
	}
	raw, err := readConfig(ctx, m)
	if err != nil {
		return nil, err
	}
	c.configs[m] = nil
	if doc := new(config); raw != nil && decode(raw, doc) {
		c.configs[m] = doc // The method "image" reports an invalid config.
	}
	return c.configs[m], nil
}

// decode decodes a JSON text into doc. The result is false if the text does not have the
// structure of doc.
func decode(raw []byte, doc any) bool { return json.Unmarshal(raw, doc) == nil }

// image applies the rules to the config of an image.
func (c *checker) image(ctx context.Context, m *image.Manifest) error {
	raw, err := readConfig(ctx, m)
	if raw == nil || err != nil {
		return err
	}
	digest := short(m.Blobs[0].Descriptor.Digest)
	var doc config
	err = json.Unmarshal(raw, &doc)
	if !isObject(raw) {
		err = errNoObject
	}
	if err != nil {
		c.refuse(CodeConfigInvalid, hintRebuild+" Docker, containerd and podman cannot read the config.", "The config %s %s", digest, mismatch(err))
		return nil
	}
	if doc.artifact(m) {
		return nil
	}
	c.keys(m, raw)
	c.layers(m, &doc)
	c.mediaTypes(m)
	if m == c.root {
		c.platformName(doc.platform(), fmt.Sprintf("The config of the image %s", name(m)), false)
	}
	if doc.Config != nil {
		c.pairs(doc.Config.Labels, "label", "the config "+digest)
	}
	return nil
}

// name returns a name of a manifest for messages, which contains the short
// digest and the platform.
func name(m *image.Manifest) string {
	digest := short(m.Descriptor.Digest)
	switch {
	case m.Platform == nil:
		return digest
	case m.Pending():
		return "for " + image.PlatformString(m.Platform)
	}
	return fmt.Sprintf("%s (%s)", digest, image.PlatformString(m.Platform))
}

// short returns the first 12 characters of a digest for messages.
func short(h v1.Hash) string { return h.Algorithm + ":" + h.Hex[:min(len(h.Hex), 12)] }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
