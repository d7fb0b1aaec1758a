package image

import (
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// MaxConfig limits the size of a config that is read into memory, in bytes.
const MaxConfig = 2 * MaxManifestSize

// DiffIDs returns the digests of the uncompressed layers from the config of an
// image. The digest of the lowest layer is the first element (image-spec,
// "rootfs"). If the bytes are not the config of an image, DiffIDs returns nil.
func DiffIDs(config []byte) []v1.Hash {
	var c struct {
		RootFS struct {
			DiffIDs []v1.Hash `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if json.Unmarshal(config, &c) != nil {
		return nil
	}
	return c.RootFS.DiffIDs
}

// Labels returns the labels from the config of an image (image-spec, "config"). If the
// bytes are not the config of an image with valid labels, Labels returns nil.
func Labels(config []byte) map[string]string {
	var c struct {
		Config struct {
			Labels map[string]string `json:"Labels"`
		} `json:"config"`
	}
	if json.Unmarshal(config, &c) != nil {
		return nil
	}
	return c.Config.Labels
}
