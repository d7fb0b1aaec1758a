package pull

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// These are the codes of the errors of a pull. The value of a code must not
// change, because users compare codes in their workflows.
const (
	// CodeNotFound means that the image does not exist, or the credentials do not
	// give access to the image.
	CodeNotFound = "image-not-found"
	// CodePlatformMissing means that the image does not support the platform.
	CodePlatformMissing = diag.CodePlatformMissing
	// CodeForeignLayer means that neither the registry nor an address in the manifest
	// has a foreign layer.
	CodeForeignLayer = "foreign-layer"
	// CodeIndexMalformed means that an index in the registry is not valid.
	CodeIndexMalformed = "registry-index-malformed"
)

// defaultVariant maps an architecture to the variant of a platform that does
// not contain a variant.
var defaultVariant = map[string]string{"arm64": "v8"}

func variant(p v1.Platform) string {
	if p.Variant == "" {
		return defaultVariant[p.Architecture]
	}
	return p.Variant
}

// matches reports whether an image for the platform "is" can run on the platform "want".
// If "want" omits the variant or the version of the operating system, matches ignores the
// omitted field.
func matches(want, is v1.Platform) bool {
	return want.OS == is.OS && want.Architecture == is.Architecture && (want.Variant == "" || variant(want) == variant(is)) &&
		(want.OSVersion == "" || want.OSVersion == is.OSVersion)
}

// closer returns true if the platform "a" has the same variant as the platform "want",
// and the platform "b" has a different variant.
func closer(want, a, b v1.Platform) bool {
	return variant(a) == variant(want) && variant(b) != variant(want)
}

// choose returns the image that the query selects from an index. If the query
// contains no platform and the index has only one image, choose returns this
// image. Otherwise choose returns the first image with the same variant as in
// the query. If no image has this variant, choose returns the first image
// that matches the platform in the query.
func choose(index v1.Descriptor, raw []byte, q Query) (*v1.Descriptor, error) {
	all, err := children(index, raw)
	if diag.Is(err, document.CodeAmbiguous) {
		return nil, asRegistryError(err)
	}
	if err != nil {
		return nil, &diag.Error{
			Code: CodeIndexMalformed, Side: diag.Registry, Title: "The index " + q.Reference.Name() + " is not valid", Err: err,
			Hint: hintRepublish,
		}
	}
	want := q.Platform
	if want == nil {
		if len(all) == 1 {
			return &all[0], nil
		}
		want = &q.DefaultPlatform
	}
	var best *v1.Descriptor
	var names []string
	for i, c := range all {
		names = append(names, image.PlatformString(c.Platform))
		if matches(*want, *c.Platform) && (best == nil || closer(*want, *c.Platform, *best.Platform)) {
			best = &all[i]
		}
	}
	if best == nil {
		return nil, platformMissing(q.Reference.Name(), *want, names)
	}
	return best, nil
}

// hintRepublish is the hint for a manifest that is not valid.
const hintRepublish = "Ask the publisher of the image to push the image again, because other tools also cannot pull the complete image."

// children returns the entries of an index that have a platform. children
// omits attestations, which have the platform "unknown".
func children(index v1.Descriptor, raw []byte) ([]v1.Descriptor, error) {
	doc, err := document.Parse("manifest "+index.Digest.String(), raw, index.MediaType)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(doc.Manifests, func(d v1.Descriptor) bool { return d.Platform == nil || d.Platform.OS == "unknown" }), nil
}

// maxListed is the maximum number of platforms that an error lists.
const maxListed = 20

// platformMissing returns the error for an image that does not support the platform
// "want". The argument "names" contains the platforms of the image.
func platformMissing(name string, want v1.Platform, names []string) error {
	hint := "Remove the input platform, because the image contains no platform, and pull the image to an OCI layout or an archive."
	if len(names) > maxListed {
		names = append(names[:maxListed:maxListed], fmt.Sprintf("and %d more", len(names)-maxListed))
	}
	if len(names) > 0 {
		hint = "Set the input platform to a platform of the image: " + strings.Join(names, ", ") + "."
	}
	return &diag.Error{
		Code: CodePlatformMissing, Side: diag.Input, Input: "platform", Hint: hint,
		Title: fmt.Sprintf("%s has no image for %s", name, image.PlatformString(&want)),
	}
}
