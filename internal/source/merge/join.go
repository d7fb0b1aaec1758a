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

// The codes of what can be wrong with the images joined.
const (
	CodePlatformMissing    = "platform-missing"
	CodePlatformDuplicate  = "platform-duplicate"
	CodePlatformUnexpected = "platform-unexpected"
	CodePlatformUnknown    = "platform-unknown"
	CodeNotDocker          = "not-docker"
)

// What becomes of BuildKit's attestations.
const (
	Keep      = "keep"      // entries of the index, as BuildKit has them
	Strip     = "strip"     // left out
	Referrers = "referrers" // manifests of their own that refer to the image
)

// Options say how images are joined.
type Options struct {
	// Docker makes a list of Docker's media type, which takes images of
	// Docker's alone and has no annotations.
	Docker bool
	// Attestations is Keep, Strip or Referrers.
	Attestations string
	// Annotations are added to those that the legs' indexes agree on, and
	// replace them.
	Annotations map[string]string
	// Expect lists the platforms that must come, no more and no less; nil
	// takes what comes.
	Expect []string
}

// Joined is what joining gave.
type Joined struct {
	// Root is the index; or the one image there was, unwrapped.
	Root *image.Manifest
	// Referrers are manifests to be listed as referrers of an image, for
	// Options.Attestations Referrers.
	Referrers []Referrer
	// Notices are what the user should know.
	Notices []diag.Notice
}

// entry is a manifest of the index, and the leg that brought it.
type entry struct {
	*image.Manifest
	leg string
}

// Join builds the index. It depends on the digests alone, not on the order or
// the names of the legs.
func Join(legs []Image, o Options) (*Joined, error) {
	j := &Joined{}
	images, others := sort(legs)
	if err := check(images, o.Expect); err != nil {
		return nil, err
	}
	attestations := j.attached(images, others)
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

// sort takes the legs apart: images, by platform, and all else; each digest
// once.
func sort(legs []Image) (images, others []entry) {
	met := map[v1.Hash]bool{}
	for _, leg := range legs {
		for _, m := range leaves(leg.Root) {
			if met[m.Descriptor.Digest] {
				continue
			}
			met[m.Descriptor.Digest] = true
			e := entry{m, leg.Name}
			if m.Attests() || (m.Platform != nil && !runs(m.Platform)) {
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

// leaves are the manifests that are no indexes.
func leaves(root *image.Manifest) []*image.Manifest {
	return slices.DeleteFunc(image.Manifests(root), func(m *image.Manifest) bool { return m.Index() })
}

// check compares the platforms that came with each other and with those
// expected.
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

// compare names the platforms that are missing or too many.
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
			came = append(came, fmt.Sprintf("%s from leg %s", platformName(e.Platform), e.leg))
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
		platformName(a.Platform), a.Descriptor.Digest, a.leg, b.Descriptor.Digest, b.leg)
}

func unexpected(e entry) error {
	return inputError("expect-platforms", CodePlatformUnexpected, "Add the platform to expect-platforms, or take the leg away.", nil,
		"Leg %s brought %s (%s), which is not expected", e.leg, platformName(e.Platform), e.Descriptor.Digest)
}

func unknown(e entry) error {
	return inputError("digests", CodePlatformUnknown, "Build it for a platform: its config has to name os and architecture.", nil,
		"Leg %s does not say which platform it is for (%s)", e.leg, e.Descriptor.Digest)
}
