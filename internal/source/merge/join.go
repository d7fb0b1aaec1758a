package merge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The codes of errors about the images to merge.
const (
	CodePlatformMissing    = "platform-missing"
	CodePlatformDuplicate  = "platform-duplicate"
	CodePlatformUnexpected = "platform-unexpected"
	CodePlatformUnknown    = "platform-unknown"
	CodeNotDocker          = "not-docker"
)

// The values of Options.Attestations.
const (
	Keep      = "keep"      // attestations are entries of the index, as BuildKit writes them
	Strip     = "strip"     // attestations are left out
	Referrers = "referrers" // attestations are separate manifests that refer to the image
)

// Options configures Join.
type Options struct {
	// Docker gives the index the media type of Docker. Such an index contains
	// only images with media types of Docker and has no annotations.
	Docker bool
	// Attestations is Keep, Strip or Referrers.
	Attestations string
	// Annotations are added to the annotations on which the indexes of all jobs
	// agree. They replace annotations with the same key.
	Annotations map[string]string
	// Expect lists the platforms that the index must have. Join returns an
	// error for a missing platform and for an additional one. If Expect is
	// empty, Join accepts every platform.
	Expect []string
}

// Joined is the result of Join.
type Joined struct {
	// Root is the index. If only one image exists, Root is that image without
	// an index.
	Root *image.Manifest
	// Referrers are the manifests to list as referrers of an image. They are
	// set only if Options.Attestations is Referrers.
	Referrers []Referrer
	// Notices are messages for the user.
	Notices []diag.Notice
}

// entry is a manifest of the index, with the name of its matrix job.
type entry struct {
	*image.Manifest
	job string
}

// Join builds the index. The index depends only on the digests and not on the
// order or the names of the images. Errors about platforms and media types are
// *diag.Error with a code of this package.
func Join(legs []Image, o Options) (*Joined, error) {
	j := &Joined{}
	images, others := sort(legs)
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
	if o.Attestations != Keep {
		attestations = nil
	}
	entries := slices.Concat(images, attestations)
	var err error
	switch {
	case len(legs) == 1 && (o.Attestations == Keep || len(others) == 0) && !o.Docker:
		j.Root = legs[0].Root
	case len(entries) == 1:
		j.Root = entries[0].Manifest
	default:
		j.Root, err = j.index(legs, entries, o)
	}
	return j, err
}

// sort returns the images, sorted by platform, and all other manifests. It
// removes duplicate digests.
func sort(legs []Image) (images, others []entry) {
	seen := map[v1.Hash]bool{}
	for _, leg := range legs {
		for _, m := range leaves(leg.Root) {
			if seen[m.Descriptor.Digest] {
				continue
			}
			seen[m.Descriptor.Digest] = true
			e := entry{m, leg.Name}
			if m.Attests() || (m.Platform != nil && !isRunnable(m.Platform)) {
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
	return identity(e.Platform) + " " + digest
}

// leaves returns the manifests below root that are not indexes.
func leaves(root *image.Manifest) []*image.Manifest {
	return slices.DeleteFunc(image.Manifests(root), func(m *image.Manifest) bool { return m.Index() })
}

// check returns an error for duplicate platforms and for differences from the
// expected platforms.
func check(images []entry, expect []string) error {
	var errs []error
	here := map[string]entry{}
	came := map[string]bool{}
	for _, e := range images {
		if e.Platform == nil {
			if len(images) > 1 || len(expect) > 0 {
				errs = append(errs, unknown(e))
			}
			continue
		}
		id := identity(e.Platform)
		if first, twice := here[id]; twice {
			errs = append(errs, duplicate(first, e))
			continue
		}
		here[id], came[platformName(e.Platform)] = e, true
	}
	return errors.Join(append(errs, compare(images, came, expect)...)...)
}

// compare returns an error for each missing platform and for each unexpected
// one.
func compare(images []entry, came map[string]bool, expect []string) []error {
	if len(expect) == 0 {
		return nil
	}
	var errs []error
	wanted := map[string]bool{}
	for _, text := range expect {
		name := canonical(text)
		if !wanted[name] && !came[name] {
			errs = append(errs, absent(name, images))
		}
		wanted[name] = true
	}
	for _, e := range images {
		if e.Platform != nil && !wanted[platformName(e.Platform)] {
			errs = append(errs, unexpected(e))
		}
	}
	return errs
}

func absent(name string, images []entry) error {
	var came []string
	for _, e := range images {
		if e.Platform != nil {
			came = append(came, fmt.Sprintf("%s from leg %s", platformName(e.Platform), e.job))
		}
	}
	leg := strings.ReplaceAll(name, "/", "-")
	return inputError("digests", CodePlatformMissing,
		fmt.Sprintf("Look at the job that builds it, and see that it has the output %s%s. What came: %s.", prefix, leg, strings.Join(came, ", ")), nil,
		"Leg %s is missing: no image for %s came", leg, name)
}

func duplicate(a, b entry) error {
	return inputError("digests", CodePlatformDuplicate, "Take one of them away, or build it for another platform.", nil,
		"Two images are for %s: %s from leg %s, and %s from leg %s",
		platformName(a.Platform), a.Descriptor.Digest, a.job, b.Descriptor.Digest, b.job)
}

func unexpected(e entry) error {
	return inputError("expect-platforms", CodePlatformUnexpected, "Add the platform to expect-platforms, or take the leg away.", nil,
		"Leg %s brought %s (%s), which is not expected", e.job, platformName(e.Platform), e.Descriptor.Digest)
}

func unknown(e entry) error {
	return inputError("digests", CodePlatformUnknown, "Build it for a platform: its config has to name os and architecture.", nil,
		"Leg %s does not say which platform it is for (%s)", e.job, e.Descriptor.Digest)
}
