package image

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Stored is an image in a store that is not a registry: the store of a Docker
// engine or of podman.
type Stored struct {
	// ID is the ID of the image in the store.
	ID string
	// Names are the names and tags of the image in the store.
	Names []string
	// OCI is true if the manifest has the media types of OCI and these
	// annotations. Otherwise it has Docker's media types and no annotations.
	OCI         bool
	Annotations map[string]string
}

// Origin is an image in a registry that shares layers with an image of a store.
// The store recorded it when that image or its base was pulled or pushed.
type Origin struct {
	Repository name.Repository
	Digest     v1.Hash
	// DiffIDs are the digests of the uncompressed layers, the lowest layer first.
	DiffIDs []v1.Hash
}

// Origins returns the origins of one image of a store. references are the
// references by digest that the store has for the image. Origins keeps only
// repositories for which wanted returns true.
func Origins(references []string, diffIDs []v1.Hash, wanted func(name.Repository) bool) []Origin {
	var out []Origin
	for _, text := range references {
		ref, err := name.NewDigest(text)
		if err != nil || !wanted(ref.Context()) { // a store can have the reference "<none>@<none>"
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

// IsBase reports whether base contains the lowest layers, or all layers, of an
// image with the given layers.
func IsBase(base, layers []v1.Hash) bool {
	return len(base) > 0 && len(base) <= len(layers) && slices.Equal(base, layers[:len(base)])
}
