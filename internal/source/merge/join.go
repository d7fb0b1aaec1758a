package merge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
)

// These constants are the codes of errors and notices about the images to merge.
const (
	CodePlatformMissing    = diag.CodePlatformMissing // a platform in the input "expect-platforms" has no image
	CodePlatformDuplicate  = "platform-duplicate"     // two images have the same platform
	CodePlatformUnexpected = "platform-unexpected"    // the input "expect-platforms" does not contain the platform of an image
	CodePlatformUnknown    = "platform-unknown"       // an image has no platform
	CodeNotDocker          = "not-docker"             // an index with Docker media types cannot contain an image with an OCI media type
	CodeIndexTooLarge      = "index-too-large"        // the index is too large for registries
	CodeAnnotationsDiffer  = "annotations-differ"     // the jobs set different annotations on their indexes
)

// These constants are the values of Options.Attestations.
const (
	Keep      = "keep"      // Attestations are entries of the index, as in an index of BuildKit.
	Strip     = "strip"     // The index contains no attestations.
	Legacy    = "legacy"    // Attestations are entries of the index, in the form of BuildKit before version 0.32.
	Referrers = "referrers" // Attestations are separate manifests that refer to the image.
)

// Options configures Join.
type Options struct {
	// If Docker is true, the index has the media type of Docker. Such an index
	// contains only images with media types of Docker and has no annotations.
	Docker bool
	// Attestations is Keep, Strip, Legacy or Referrers.
	Attestations string
	// Annotations are annotations for the index. Each of these annotations replaces the
	// annotation with the same key in the indexes of the jobs.
	Annotations map[string]string
	// Defaults are annotations that only describe the image. A label of the images
	// replaces the default annotation with the same key. An annotation in the indexes of
	// the jobs also replaces the default annotation, if all jobs set the same value.
	Defaults map[string]string
	// Expect lists the platforms that the index must have. Join returns an
	// error for a missing platform and for an additional platform. If Expect
	// is empty, Join accepts every platform.
	Expect []string
}

// Result is the result of Join.
type Result struct {
	// Root is the index. If the index would contain only one image, Root is
	// the image itself.
	Root *image.Manifest
	// Referrers are the attestations that the caller must push as referrers
	// of an image. If Options.Attestations is not Referrers, the list is
	// empty.
	Referrers []Referrer
	// Notices are messages for the user.
	Notices []diag.Notice
}

// entry contains a manifest of the index. The field "job" contains the name of the entry
// in the input "digests" to which the manifest belongs.
type entry struct {
	*image.Manifest
	job string
}

// Join builds the index. The index depends only on the digests and not on the
// order or the names of the images. An error about a platform or a media type
// is a *diag.Error with a code of this package.
func Join(platformImages []ReadImage, o Options) (*Result, error) {
	j := &Result{}
	if err := j.convert(platformImages, o); err != nil {
		return nil, err
	}
	images, others := sort(platformImages)
	if err := check(images, o.Expect); err != nil {
		return nil, err
	}
	attestations := j.matchAttestations(images, others)
	if o.Attestations == Referrers {
		var err error
		if j.Referrers, err = referrers(images, attestations); err != nil {
			return nil, err
		}
	}
	kept := o.Attestations == Keep || o.Attestations == Legacy
	if !kept {
		attestations = nil
	}
	entries := slices.Concat(images, attestations)
	var err error
	switch {
	case len(platformImages) == 1 && (kept || len(others) == 0) && !o.Docker:
		j.Root = platformImages[0].Root
	case len(entries) == 1:
		j.Root = entries[0].Manifest
	default:
		j.Root, err = j.index(platformImages, entries, o)
	}
	return j, err
}

// sort returns the platform images, sorted by platform, and all other
// manifests, for example attestations. sort removes duplicate digests.
func sort(platformImages []ReadImage) (images, others []entry) {
	seen := map[v1.Hash]bool{}
	for _, img := range platformImages {
		for _, m := range leaves(img.Root) {
			if seen[m.Descriptor.Digest] {
				continue
			}
			seen[m.Descriptor.Digest] = true
			e := entry{m, img.Name}
			if m.IsAttestation() || (m.Platform != nil && !isRunnable(m.Platform)) {
				others = append(others, e)
			} else {
				images = append(images, e)
			}
		}
	}
	slices.SortFunc(images, func(a, b entry) int { return strings.Compare(a.order(), b.order()) })
	slices.SortFunc(others, func(a, b entry) int { return strings.Compare(a.order(), b.order()) })
	return images, others
}

func (e entry) order() string {
	digest := e.Descriptor.Digest.String()
	if e.Platform == nil {
		return digest
	}
	return sortKey(e.Platform) + " " + digest
}

// leaves returns the manifests in the tree of root that are not indexes.
func leaves(root *image.Manifest) []*image.Manifest {
	return slices.DeleteFunc(image.Manifests(root), func(m *image.Manifest) bool { return m.Index() })
}

// check returns an error if two images have the same platform, or if the
// platforms differ from the input "expect-platforms".
func check(images []entry, expect []string) error {
	var errs []error
	first := map[string]entry{}
	found := map[string]bool{}
	for _, e := range images {
		if e.Platform == nil {
			if len(images) > 1 || len(expect) > 0 {
				errs = append(errs, unknown(e))
			}
			continue
		}
		id := rules.Identity(*e.Platform)
		if other, twice := first[id]; twice {
			errs = append(errs, duplicate(other, e))
			continue
		}
		first[id], found[image.PlatformString(e.Platform)] = e, true
	}
	return errors.Join(append(errs, compare(images, found, expect)...)...)
}

// compare returns an error for each missing platform and for each platform
// that the input "expect-platforms" does not contain.
func compare(images []entry, found map[string]bool, expect []string) []error {
	if len(expect) == 0 {
		return nil
	}
	var errs []error
	wanted := map[string]bool{}
	for _, text := range expect {
		name := canonical(text)
		if !wanted[name] && !found[name] {
			errs = append(errs, absent(name, images))
		}
		wanted[name] = true
	}
	for _, e := range images {
		usual, _ := usualName(e.Platform) // If the input "expect-platforms" contains the usual name of the platform, the function "absent" already returns an error for this image.
		if e.Platform != nil && !wanted[image.PlatformString(e.Platform)] && !wanted[usual] {
			errs = append(errs, unexpected(e))
		}
	}
	return errs
}

func absent(name string, images []entry) error {
	var found []string
	for _, e := range images {
		if e.Platform != nil {
			found = append(found, fmt.Sprintf("%s of %s", image.PlatformString(e.Platform), Entry(e.job)))
		}
	}
	output := prefix + strings.ReplaceAll(name, "/", "-")
	for _, e := range images {
		if usual, ok := usualName(e.Platform); ok && usual == name {
			return inputError("digests", CodePlatformMissing,
				fmt.Sprintf("Build the image of the entry %q for %s, for example with --platform %s, so that its config contains the architecture %s.", e.job, name, name, strings.SplitN(name+"/", "/", 3)[1]), nil,
				"No job pushed an image for %s. The image of the entry %q is for %s, which is another name of this platform", name, e.job, image.PlatformString(e.Platform))
		}
	}
	return inputError("digests", CodePlatformMissing,
		fmt.Sprintf("Check that the job that builds the image has the output %s. The jobs pushed images for these platforms: %s. If the image does not need the platform %s, remove the platform from the input expect-platforms.", output, strings.Join(found, ", "), name), nil,
		"No job pushed an image for %s, but the input expect-platforms contains this platform", name)
}

func duplicate(a, b entry) error {
	return inputError("digests", CodePlatformDuplicate, "Remove one of the images, or build one of the images for another platform.", nil,
		"Two images have the platform %s: %s of %s, and %s of %s",
		image.PlatformString(a.Platform), short(a.Descriptor.Digest), Entry(a.job), short(b.Descriptor.Digest), Entry(b.job))
}

func unexpected(e entry) error {
	return inputError("expect-platforms", CodePlatformUnexpected, "Add the platform to the input expect-platforms, or remove the entry from the input digests.", nil,
		"%s has the platform %s (%s), which is not in the input expect-platforms", capital(place(e.job)), image.PlatformString(e.Platform), short(e.Descriptor.Digest))
}

func unknown(e entry) error {
	return inputError("digests", CodePlatformUnknown, "Build the image with a tool that writes the fields os and architecture into the config, for example docker build.", nil,
		"The image %s of %s has no platform", short(e.Descriptor.Digest), place(e.job))
}

// short returns the first characters of a digest for a message.
func short(digest v1.Hash) string {
	return digest.Algorithm + ":" + digest.Hex[:min(12, len(digest.Hex))]
}
