package image

import (
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Stored is an image that a store has which is no registry: a Docker engine's,
// or podman's.
type Stored struct {
	// ID is what the store knows it by.
	ID string
	// Names are its names and tags there.
	Names []string
	// OCI says that its manifest is of OCI's types and has these annotations;
	// otherwise it is Docker's, which has none.
	OCI         bool
	Annotations map[string]string
}

// Origin is an image in a registry that a store knows to have layers of one of
// its own: it was pulled from there or pushed there, or the image below was.
type Origin struct {
	Repository name.Repository
	Digest     v1.Hash
	// DiffIDs are the digests of its plain layers, the lowest first.
	DiffIDs []v1.Hash
}

// Origins makes origins of what a store says of one image: the references by
// digest that it has for it, of repositories that are wanted, and its layers.
func Origins(references []string, diffIDs []v1.Hash, wanted func(name.Repository) bool) []Origin {
	var out []Origin
	for _, text := range references {
		ref, err := name.NewDigest(text)
		if err != nil || !wanted(ref.Context()) { // "<none>@<none>" is one
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

// Below reports whether layers lie under those of another image, or are all of
// them.
func Below(layers, of []v1.Hash) bool {
	return len(layers) > 0 && len(layers) <= len(of) && slices.Equal(layers, of[:len(layers)])
}
