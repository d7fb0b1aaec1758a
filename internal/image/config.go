package image

import (
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// MaxConfig bounds a config that is read whole, in bytes.
const MaxConfig = 2 * MaxManifestSize

// DiffIDs are the digests of the plain layers that an image's config names, the
// lowest first (image-spec, "rootfs"); none for what is no such config.
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
