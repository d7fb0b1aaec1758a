// Package rules contains the rules for an image that clients can pull and run. Check
// applies the rules to the complete tree before the first upload.
//
// A rule gives an error if docker, containerd, podman or a Kubernetes node would
// refuse the image or would not find it. A rule gives a warning if the image is
// valid but unusual. Artifacts, charts and attestations are not images. The
// rules about configs and platforms apply only to images.
//
// The package reads only data that is on this machine. The package does not
// download a config from a registry, because each download costs a request.
package rules

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The following codes identify errors and warnings about an image that some
// clients cannot use.
const (
	// CodeLayersDiffer means that the manifest and the config of an image list
	// different numbers of layers. Docker and containerd refuse such an image.
	CodeLayersDiffer = "image-layers-differ"
	// CodeLayerWrong means that the uncompressed bytes of a layer do not have the
	// digest in the config. Docker refuses such an image.
	CodeLayerWrong = "image-layer-wrong"
	// CodeLayerType means that a layer of an image has a media type that clients do
	// not extract.
	CodeLayerType = "image-layer-type"
	// CodeConfigType means that an OCI manifest has a config with Docker's media type.
	// podman refuses such an image.
	CodeConfigType = "image-config-type"
	// CodeConfigInvalid means that clients cannot read the config of an image.
	CodeConfigInvalid = "image-config-invalid"
	// CodePlatformName means that clients do not know the name of an operating system
	// or an architecture, such as x86_64 instead of amd64.
	CodePlatformName = "image-platform-name"
	// CodePlatformUnusual means that some clients do not find an image, because its
	// platform has an unusual name.
	CodePlatformUnusual = "image-platform-unusual"
	// CodePlatformDiffers means that an index and the config of an image state
	// different operating systems. Docker refuses such an image.
	CodePlatformDiffers = "image-platform-differs"
	// CodeArchitectureDiffers means that an index and the config of an image state
	// different architectures. Clients run the image, because they use only the index.
	CodeArchitectureDiffers = "image-architecture-differs"
	// CodePlatformAbsent means that an index lists an image without a platform.
	CodePlatformAbsent = "image-platform-absent"
	// CodePlatformTwice means that an index lists two images for one platform. Clients
	// use only the first image.
	CodePlatformTwice = "image-platform-twice"
	// CodeEntryTwice means that an index lists one image twice.
	CodeEntryTwice = "image-listed-twice"
	// CodeIndexEmpty means that an index lists no manifests.
	CodeIndexEmpty = "image-index-empty"
	// CodeIndexNested means that an index lists another index with images. Docker and
	// podman do not find images in an inner index.
	CodeIndexNested = "image-index-nested"
	// CodeMediaType means that the media type of a manifest is not valid, or that a
	// registry does not return the manifest under its media type.
	CodeMediaType = "image-media-type"
	// CodeDigestAlgorithm means that the registry refuses the algorithm of a digest.
	CodeDigestAlgorithm = "image-digest-algorithm"
	// CodeKeyEmpty means that an annotation or a label has an empty key. The OCI
	// image-spec forbids empty keys, but clients ignore them.
	CodeKeyEmpty = "image-key-empty"
	// CodeAnnotationInvalid means that the value of an annotation or a label is not
	// text. Docker and podman refuse such an image.
	CodeAnnotationInvalid = "image-annotation-invalid"
)

const hintRebuild = "Build the image again, and check the step that writes its manifest or its index."

// warningTitles maps the code of each warning to its title.
var warningTitles = map[string]string{
	CodePlatformUnusual:     "Some clients do not find the platform of an image",
	CodeArchitectureDiffers: "The index and the config state different architectures",
	CodePlatformAbsent:      "An image in the index has no platform",
	CodePlatformTwice:       "Two images in the index have the same platform",
	CodeKeyEmpty:            "A label or an annotation has an empty key",
	CodeEntryTwice:          "The index lists an image twice",
}

// Options are facts about the destinations.
type Options struct {
	// OnlySHA256 is the name of a destination that accepts only digests with the
	// algorithm sha256. OnlySHA256 is empty if all destinations also accept
	// other algorithms.
	OnlySHA256 string
	// Part is true if the run pushes the tree by digest, as a part of an index that
	// another step writes. The other step checks which platforms the index has.
	Part bool
}

// Check applies all rules to root and to the tree below root. Check returns at most one
// warning for each code. The returned error contains at most one *diag.Error for each
// code, and the side of these errors is diag.Source.
func Check(ctx context.Context, root *image.Manifest, o Options) ([]diag.Notice, error) {
	c := &checker{root: root, options: o, configs: map[*image.Manifest]*config{}, images: map[*image.Manifest]bool{}}
	for _, m := range image.Manifests(root) {
		if err := c.manifest(ctx, m); err != nil {
			return nil, err
		}
	}
	return c.report()
}

// checker collects the findings about one tree.
type checker struct {
	root     *image.Manifest
	options  Options
	findings []finding

	// An index can list the same manifest thousands of times. The following maps contain the
	// results about the manifests that the checker has read.
	configs map[*image.Manifest]*config // nil if the config is unknown or invalid
	images  map[*image.Manifest]bool    // true if the manifest, or a manifest below it, is an image
}

// finding is one fault of an image.
type finding struct {
	code    string
	warning bool
	title   string
	hint    string
	more    int // more is the number of other findings with the same code.
}

// refuse adds an error.
func (c *checker) refuse(code, hint, format string, args ...any) {
	c.add(finding{code: code, hint: hint, title: fmt.Sprintf(format, args...)})
}

// warn adds a warning.
func (c *checker) warn(code, hint, format string, args ...any) {
	c.add(finding{code: code, warning: true, hint: hint, title: fmt.Sprintf(format, args...)})
}

// add adds a finding. If an earlier finding has the same code, add only increases the
// field "more" of the earlier finding.
func (c *checker) add(f finding) {
	for i := range c.findings {
		if old := &c.findings[i]; old.code == f.code && old.warning == f.warning {
			old.more++
			return
		}
	}
	c.findings = append(c.findings, f)
}

// report returns the warnings and the errors.
func (c *checker) report() (warnings []diag.Notice, err error) {
	var errs []error
	for _, f := range c.findings {
		hint := f.hint
		if f.more > 0 {
			hint = fmt.Sprintf("The image has further faults of this kind (number: %d). %s", f.more, hint)
		}
		if f.warning {
			warnings = append(warnings, diag.Notice{Code: f.code, Level: diag.Warning, Title: warningTitles[f.code], Text: f.title + ". " + hint})
			continue
		}
		errs = append(errs, diag.New(f.code, diag.Source, hint, nil, "%s", f.title))
	}
	return warnings, errors.Join(errs...)
}

// isMediaType reports whether the text is the name of a media type (RFC 6838, section 4.2).
func isMediaType(text string) bool {
	main, sub, two := strings.Cut(text, "/")
	return two && isRestrictedName(main) && isRestrictedName(sub)
}

func isRestrictedName(text string) bool {
	for i, c := range []byte(text) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || strings.IndexByte("!#$&-^_.+", c) < 0) {
			return false
		}
	}
	return text != "" && len(text) <= 127
}

// manifest applies the rules to one manifest or index.
func (c *checker) manifest(ctx context.Context, m *image.Manifest) error {
	c.algorithms(m)
	switch t := string(m.Descriptor.MediaType); {
	case isMediaType(t) && t != strings.ToLower(t):
		c.refuse(CodeMediaType, "Write the media type in lower case. Registries compare media types in lower case, so they refuse the manifest, or do not return it.", "The manifest %s has the media type %.100q, which is not in lower case", short(m.Descriptor.Digest), t)
	case !isMediaType(t):
		c.refuse(CodeMediaType, hintRebuild+" A registry cannot store a manifest with an invalid media type.", "The manifest %s has the media type %.100q, which is not valid", short(m.Descriptor.Digest), m.Descriptor.MediaType)
	}
	if m.Raw != nil {
		c.annotations(m)
	}
	if m.Index() {
		return c.index(ctx, m)
	}
	return c.image(ctx, m)
}

// The method "algorithms" checks the algorithms of the digests of a manifest and its
// blobs.
func (c *checker) algorithms(m *image.Manifest) {
	if c.options.OnlySHA256 == "" {
		return
	}
	hint := fmt.Sprintf("Build the image with sha256 digests, because %s refuses all other algorithms.", c.options.OnlySHA256)
	if !m.Pending() && m.Descriptor.Digest.Algorithm != "sha256" {
		c.refuse(CodeDigestAlgorithm, hint, "The manifest %s has a digest with the algorithm %s", short(m.Descriptor.Digest), m.Descriptor.Digest.Algorithm)
	}
	for _, b := range m.Blobs {
		if !b.Pending() && !b.Foreign && b.Descriptor.Digest.Algorithm != "sha256" {
			c.refuse(CodeDigestAlgorithm, hint, "The blob %s has a digest with the algorithm %s", short(b.Descriptor.Digest), b.Descriptor.Digest.Algorithm)
		}
	}
}
