package rules

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// DiffIDs checks the keys of a config, and compares the uncompressed layers of an image
// with the diff ids in the config. The map "plain" maps the digest of each layer to the
// digest of the uncompressed layer. DiffIDs does not check a layer that is not in the map
// "plain". The errors have the side diag.Registry, because callers compare images that they
// pull from a registry.
func DiffIDs(m *image.Manifest, raw []byte, plain map[v1.Hash]v1.Hash) error {
	var doc config
	if !m.IsRunnable() || !decode(raw, &doc) || doc.artifact(m) {
		return nil
	}
	c := &checker{root: m}
	c.keys(m, raw)
	c.layers(m, &doc)
	if len(c.findings) == 0 && doc.RootFS != nil {
		c.contents(m, doc.RootFS.DiffIDs, plain)
	}
	_, err := c.report()
	for _, e := range diag.All(err) {
		e.Side = diag.Registry
		e.Hint = "Ask the publisher of the image to build it again. " + e.Hint
	}
	return err
}

// Layers lists the digests of the layers that clients extract.
func Layers(m *image.Manifest) []v1.Hash {
	if !m.IsRunnable() {
		return nil
	}
	var out []v1.Hash
	for _, b := range m.Blobs[1:] {
		if isLayer(b.Descriptor.MediaType) && !isEncrypted(b) {
			out = append(out, b.Descriptor.Digest)
		}
	}
	return out
}

// contents compares the digest of each uncompressed layer with the diff id of
// the layer.
func (c *checker) contents(m *image.Manifest, diffIDs []string, plain map[v1.Hash]v1.Hash) {
	i := 0
	for _, b := range m.Blobs[1:] {
		if !isLayer(b.Descriptor.MediaType) || i >= len(diffIDs) {
			continue
		}
		if got, known := plain[b.Descriptor.Digest]; known && !isEncrypted(b) && got.String() != diffIDs[i] {
			c.refuse(CodeLayerWrong, "Docker refuses the image with \"layers from manifest don't match image configuration\", and containerd with \"wrong diff id calculated on extraction\".",
				"The uncompressed layer %s of the image %s has the digest %s, but its config lists %.80q (rootfs.diff_ids)", short(b.Descriptor.Digest), name(m), short(got), diffIDs[i])
		}
		i++
	}
}
