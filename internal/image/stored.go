package image

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Stored is an image in the store of a Docker engine or of podman. Such a
// store is not a registry.
type Stored struct {
	// ID is the ID of the image in the store.
	ID string
	// Names are the names and tags of the image in the store.
	Names []string
	// OCI is true if the manifest has the media types of OCI. In this case,
	// Annotations are the annotations of the manifest. If OCI is false, the
	// manifest has Docker's media types and no annotations.
	OCI         bool
	Annotations map[string]string
}

// Origin is an image in a registry that shares layers with an image of a
// store. The store recorded the origin when the image of the store, or its
// base, was pulled or pushed.
type Origin struct {
	Repository name.Repository
	Digest     v1.Hash
	// DiffIDs are the digests of the uncompressed layers, the lowest layer first.
	DiffIDs []v1.Hash
}

// Origins returns the origins of one image of a store. The argument references
// lists the references by digest that the store has for the image. Origins
// returns only origins in repositories for which the function wanted returns
// true.
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

// IsBase reports whether base lists the lowest layers, or all layers, of an
// image with the given layers.
func IsBase(base, layers []v1.Hash) bool {
	return len(base) > 0 && len(base) <= len(layers) && slices.Equal(base, layers[:len(base)])
}
