package rules

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// layers compares the layers of a manifest with the diff ids of the config. The method
// "layers" counts only layers with the media type of an image layer, because containerd
// skips all other layers (for example, WebAssembly components).
func (c *checker) layers(m *image.Manifest, doc *config) {
	counted, other := 0, (*image.Blob)(nil)
	for _, b := range m.Blobs[1:] {
		if isLayer(b.Descriptor.MediaType) {
			counted++
		} else if other == nil {
			other = b
		}
	}
	if doc.RootFS == nil {
		if counted > 0 {
			c.refuse(CodeConfigInvalid, hintRebuild+" Docker refuses the image with \"invalid rootfs in image configuration\".",
				"The config of the image %s has no rootfs, so clients do not know its layers", name(m))
		}
		return
	}
	for _, id := range doc.RootFS.DiffIDs {
		if !isDiffID(id) {
			c.refuse(CodeConfigInvalid, hintRebuild+" Docker and containerd compare each diff id with the sha256 digest of the uncompressed layer.",
				"The config of the image %s has the diff id %.80q, which is not a sha256 digest", name(m), id)
			return
		}
	}
	listed := len(doc.RootFS.DiffIDs)
	switch {
	case listed == counted:
		c.history(m, doc)
	case listed > counted && other != nil:
		c.layerType(m, other, "Docker or containerd refuses the image, because its config lists more layers than the manifest.")
	default:
		c.refuse(CodeLayersDiffer,
			hintRebuild+" Docker refuses the image with \"layers from manifest don't match image configuration\", and containerd with \"mismatched image rootfs and manifest layers\".",
			"The manifest of the image %s has %s, but its config lists %s (rootfs.diff_ids)", name(m), plural(counted, "layer"), plural(listed, "layer"))
	}
}

// isDiffID reports whether clients can find the text as the digest of an uncompressed
// layer. Docker and containerd compute only sha256 digests of layers.
func isDiffID(text string) bool {
	h, err := v1.NewHash(text)
	return err == nil && h.Algorithm == "sha256"
}

// history compares the number of steps that create a layer with the number of layers.
// Docker accepts fewer steps than layers.
func (c *checker) history(m *image.Manifest, doc *config) {
	steps := 0
	for _, step := range doc.History {
		if !step.EmptyLayer {
			steps++
		}
	}
	if listed := len(doc.RootFS.DiffIDs); steps > listed {
		c.refuse(CodeConfigInvalid, "Write \"empty_layer\": true into each entry of history that creates no layer. Docker refuses the image with \"too many non-empty layers in History section\".",
			"The history in the config of the image %s has %d entries that create a layer, but the config lists %s (rootfs.diff_ids)", name(m), steps, plural(listed, "layer"))
	}
}

// mediaTypes checks that clients can extract each layer of an image. Layers with the
// media type of an artifact are allowed beside the layers of the image.
func (c *checker) mediaTypes(m *image.Manifest) {
	docker := m.Descriptor.MediaType == types.DockerManifestSchema2
	if !docker && m.Blobs[0].Descriptor.MediaType == types.DockerConfigJSON {
		c.refuse(CodeConfigType, hintRebuild+" podman refuses the image with \"unsupported image-specific operation on artifact\".",
			"The OCI manifest of the image %s has a config with Docker's media type", name(m))
	}
	for _, b := range m.Blobs[1:] {
		t := b.Descriptor.MediaType
		switch {
		case docker && !dockerLayers[string(t)] && !isEncrypted(b):
			c.layerType(m, b, "In a manifest with Docker's media type, each layer needs a media type of Docker. podman refuses the image with \"unsupported docker v2s2 media type\".")
		case isLayer(t) && !extracts(t) && !isEncrypted(b):
			c.layerType(m, b, "containerd answers \"no processor for media-type\", or reads the compressed bytes as a tar file.")
		}
	}
}

// layerType reports a layer whose media type clients do not extract.
func (c *checker) layerType(m *image.Manifest, b *image.Blob, answer string) {
	right := types.OCILayer
	if m.Descriptor.MediaType == types.DockerManifestSchema2 {
		right = types.DockerLayer
	}
	c.refuse(CodeLayerType, "Build the image with layers of the media type "+string(right)+". "+answer,
		"The layer %s of the image %s has the media type %.100q, which is not the media type of an image layer", short(b.Descriptor.Digest), name(m), b.Descriptor.MediaType)
}

// dockerLayers contains the media types of Docker for the layers of an image.
// containerd compares these media types without the suffix that starts with "+".
var dockerLayers = map[string]bool{
	string(types.DockerLayer): true, string(types.DockerUncompressedLayer): true, string(image.DockerLayerZstd): true,
	string(types.DockerForeignLayer): true, "application/vnd.docker.image.rootfs.foreign.diff.tar": true,
}

// ociLayers is the prefix of the media types of OCI layers.
const ociLayers = "application/vnd.oci.image.layer."

// isLayer reports whether clients count a blob of this media type as a layer
// (containerd, images.IsLayerType).
func isLayer(t types.MediaType) bool {
	base, _, _ := strings.Cut(string(t), "+")
	return strings.HasPrefix(string(t), ociLayers) || dockerLayers[base] || dockerLayers[string(t)]
}

// extracts reports whether containerd can extract a layer of this media type (containerd,
// images.DiffCompression). The formats of Nydus and EROFS need a plugin of containerd,
// and are always intended.
func extracts(t types.MediaType) bool {
	rest, oci := strings.CutPrefix(string(t), ociLayers)
	if !oci {
		return dockerLayers[string(t)]
	}
	base, compression, _ := strings.Cut(rest, "+")
	switch base {
	case "v1.tar", "nondistributable.v1.tar":
		return compression == "" && !strings.HasSuffix(rest, "+") || compression == "gzip" || compression == "zstd"
	}
	return strings.HasPrefix(rest, "nydus.") || strings.HasSuffix(base, ".erofs")
}

// isEncrypted reports whether the layer is encrypted, so that only a client with
// a key can read it.
func isEncrypted(b *image.Blob) bool {
	return strings.HasSuffix(string(b.Descriptor.MediaType), "+encrypted")
}
