package rules

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// config holds the fields of a config that clients need (image-spec, "Image
// Configuration").
type config struct {
	v1.Platform
	RootFS *struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
	Config *struct {
		Labels map[string]json.RawMessage `json:"Labels"`
	} `json:"config"`
}

// artifact reports whether the JSON document is the config of an artifact. Some tools
// write the config of an artifact with the media type of an image config.
func (c *config) artifact() bool { return c.RootFS == nil && c.OS == "" && c.Architecture == "" }

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

// parseConfig returns the config of an image, or nil if the config is unknown or invalid.
func parseConfig(ctx context.Context, m *image.Manifest) (*config, error) {
	raw, err := readConfig(ctx, m)
	if raw == nil || err != nil {
		return nil, err
	}
	var doc config
	if !decode(raw, &doc) {
		return nil, nil // The method "image" reports an invalid config.
	}
	return &doc, nil
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
	if !decode(raw, &doc) || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		c.refuse(CodeConfigInvalid, hintRebuild+" Docker and containerd cannot read the config.", "The config %s is not the JSON object of an image config", digest)
		return nil
	}
	if doc.artifact() {
		return nil
	}
	c.document(raw, "config "+m.Blobs[0].Descriptor.Digest.String(), configKeys)
	c.layers(m, &doc)
	if m == c.root {
		c.platformName(doc.Platform, fmt.Sprintf("The config of the image %s", name(m)), false)
	}
	if doc.Config != nil {
		c.pairs(doc.Config.Labels, "label", "the config "+digest)
	}
	return nil
}

// layers compares the layers of a manifest with the diff ids of the config. The method
// "layers" counts only layers with the media type of an image layer, because containerd
// skips all other layers (for example, WebAssembly components). If no layer has the
// media type of an image layer, the image is an artifact.
func (c *checker) layers(m *image.Manifest, doc *config) {
	counted := 0
	for _, b := range m.Blobs[1:] {
		if isLayer(b.Descriptor.MediaType) {
			counted++
		}
	}
	if counted == 0 && len(m.Blobs) > 1 {
		return
	}
	if doc.RootFS == nil {
		if counted > 0 {
			c.refuse(CodeConfigInvalid, hintRebuild+" Docker refuses the image with \"invalid rootfs in image configuration\".",
				"The config of the image %s has no rootfs, so clients do not know its layers", name(m))
		}
		return
	}
	for _, id := range doc.RootFS.DiffIDs {
		if _, err := v1.NewHash(id); err != nil {
			c.refuse(CodeConfigInvalid, hintRebuild, "The config of the image %s has the diff id %.80q, which is not a digest", name(m), id)
			return
		}
	}
	if listed := len(doc.RootFS.DiffIDs); listed != counted {
		c.refuse(CodeLayersDiffer,
			hintRebuild+" Docker refuses the image with \"layers from manifest don't match image configuration\", and containerd with \"mismatched image rootfs and manifest layers\".",
			"The manifest of the image %s has %s, but its config lists %s (rootfs.diff_ids)", name(m), plural(counted, "layer"), plural(listed, "layer"))
	}
}

// dockerLayers contains the media types of Docker for the layers of an image.
// containerd compares these media types without the suffix that starts with "+".
var dockerLayers = map[string]bool{
	string(types.DockerLayer): true, string(types.DockerUncompressedLayer): true, string(image.DockerLayerZstd): true,
	string(types.DockerForeignLayer): true, "application/vnd.docker.image.rootfs.foreign.diff.tar": true,
}

// isLayer reports whether clients extract a blob of this media type as a layer
// (containerd, images.IsLayerType).
func isLayer(t types.MediaType) bool {
	base, _, _ := strings.Cut(string(t), "+")
	return strings.HasPrefix(string(t), "application/vnd.oci.image.layer.") || dockerLayers[base] || dockerLayers[string(t)]
}

// isEncrypted reports whether the layer is encrypted, so that only a client with
// a key can read it.
func isEncrypted(b *image.Blob) bool {
	return strings.HasSuffix(string(b.Descriptor.MediaType), "+encrypted")
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
