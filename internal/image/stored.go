package image

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Stored is an image in the store of a Docker engine or of podman. The store of
// an engine is not a registry.
type Stored struct {
	// ID is the ID of the image in the store.
	ID string
	// Names are the names and tags of the image in the store.
	Names []string
	// OCI is true if the manifest has OCI media types. If OCI is false, the
	// manifest has Docker's media types.
	OCI         bool
	Annotations map[string]string
}

// Origin is an image in a registry. Origin shares layers with an image in the
// store of a Docker engine or of podman. The store records an origin when a user
// pulls or pushes the image or its base image.
type Origin struct {
	Repository name.Repository
	Digest     v1.Hash
	// DiffIDs are the digests of the uncompressed layers. The digest of the
	// lowest layer is the first element.
	DiffIDs []v1.Hash
}

// Origins returns the origins of one image of a store. The argument "references" contains
// each reference of the image in the store that has a digest. The function "wanted"
// selects the repositories of the returned origins.
func Origins(references []string, diffIDs []v1.Hash, wanted func(name.Repository) bool) []Origin {
	var out []Origin
	for _, text := range references {
		ref, err := name.NewDigest(text)
		if err != nil || !wanted(ref.Context()) { // A store can have the reference "<none>@<none>".
			continue
		}
		digest, err := v1.NewHash(ref.DigestStr())
		if err != nil {
			continue
		}
		out = append(out, Origin{Repository: ref.Context(), Digest: digest, DiffIDs: diffIDs})
	}
	return out
}

// IsBase reports whether the lowest layers of an image are the layers of a base image.
func IsBase(base, layers []v1.Hash) bool {
	return len(base) > 0 && len(base) <= len(layers) && slices.Equal(base, layers[:len(base)])
}
