package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// compressionKey is the start of the keys of annotations with which podman marks
// entries of one platform that differ only in their compression.
const compressionKey = "io.github.containers.compression."

// index applies the rules to an index and to its entries.
func (c *checker) index(ctx context.Context, m *image.Manifest) error {
	var doc struct {
		ArtifactType string          `json:"artifactType"`
		Manifests    []v1.Descriptor `json:"manifests"`
	}
	if !decode(m.Raw, &doc) {
		return nil // a source does not return an invalid index
	}
	if len(doc.Manifests) == 0 && doc.ArtifactType == "" {
		c.refuse(CodeIndexEmpty, hintRebuild+" Every client answers that the index has no image for its platform.", "The index %s lists no manifests", short(m.Descriptor.Digest))
	}
	children := map[v1.Hash]*image.Manifest{}
	for _, child := range m.Children {
		children[child.Descriptor.Digest] = child
	}
	var images []v1.Descriptor
	for _, e := range doc.Manifests {
		child := children[e.Digest]
		if !runs(child, e) {
			continue
		}
		if err := c.entry(ctx, e, child); err != nil {
			return err
		}
		images = append(images, e)
	}
	c.duplicates(images)
	return nil
}

// runs reports whether an entry of an index is an image that clients run.
func runs(child *image.Manifest, e v1.Descriptor) bool {
	return child != nil && child.IsRunnable() && e.ArtifactType == "" && (e.Platform == nil || e.Platform.OS != "unknown")
}

// entry applies the rules to the platform of one entry.
func (c *checker) entry(ctx context.Context, e v1.Descriptor, child *image.Manifest) error {
	doc, err := parseConfig(ctx, child)
	if err != nil {
		return err
	}
	if doc != nil && doc.artifact() {
		return nil
	}
	if e.Platform == nil {
		c.warn(CodePlatformAbsent, "Write the platform of each image into the index. Docker 20.10 answers \"no matching manifest\" for such an entry.",
			"The index lists the image %s without a platform", short(e.Digest))
		return nil
	}
	c.platformName(*e.Platform, fmt.Sprintf("The index entry of the image %s", short(e.Digest)), true)
	if doc == nil {
		return nil
	}
	if usual(doc.Platform).kind == unsupported && usual(*e.Platform).kind <= unlisted {
		c.platformName(doc.Platform, fmt.Sprintf("The config of the image %s", short(e.Digest)), false)
	}
	c.compare(e, *doc)
	return nil
}

// compare compares the platform of an entry with the platform in the config.
func (c *checker) compare(e v1.Descriptor, doc config) {
	entry, own := usual(*e.Platform).platform, usual(doc.Platform).platform
	if own.OS == "" || own.Architecture == "" || entry.OS == "" || entry.Architecture == "" {
		return
	}
	inEntry, inConfig := image.PlatformString(e.Platform), image.PlatformString(&doc.Platform)
	if entry.OS != own.OS {
		c.refuse(CodePlatformDiffers,
			"Build the image for "+inEntry+", or correct the platform in the index. A client for "+entry.OS+" selects this image, and Docker then answers that the operating system \""+own.OS+"\" cannot be used on this platform.",
			"The index lists the image %s for %s, but its config states %s", short(e.Digest), inEntry, inConfig)
		return
	}
	if entry.Architecture != own.Architecture {
		c.warn(CodeArchitectureDiffers,
			"Check that the programs in the image run on "+inEntry+", because clients for "+inEntry+" select this image. Then build the image with --platform "+inEntry+", or correct the platform in the index.",
			"The index lists the image %s for %s, but its config states %s", short(e.Digest), inEntry, inConfig)
		return
	}
	versions := e.Platform.OSVersion != "" && doc.OSVersion != "" && e.Platform.OSVersion != doc.OSVersion
	if versions {
		inEntry, inConfig = e.Platform.OSVersion, doc.OSVersion
	}
	if versions || entry.Variant != "" && own.Variant != "" && entry.Variant != own.Variant {
		c.warn(CodePlatformUnusual, "Check that the image runs on this platform. Clients select the image by the platform in the index.",
			"The index lists the image %s for %s, but its config states %s", short(e.Digest), inEntry, inConfig)
	}
}

// duplicates warns about entries with the same digest or with the same platform.
func (c *checker) duplicates(images []v1.Descriptor) {
	digests, platforms := map[v1.Hash]bool{}, map[string]v1.Hash{}
	for _, e := range images {
		if digests[e.Digest] {
			c.warn(CodeEntryTwice, "Remove one of the entries from the index.", "The index lists the image %s twice", short(e.Digest))
			continue
		}
		digests[e.Digest] = true
		if e.Platform == nil || compressed(e) {
			continue
		}
		id := identity(usual(*e.Platform).platform)
		if first, twice := platforms[id]; twice {
			c.warn(CodePlatformTwice, "Remove one of the images from the index. Clients use only the first image.",
				"The index lists two images for %s: %s and %s", image.PlatformString(e.Platform), short(first), short(e.Digest))
			continue
		}
		platforms[id] = e.Digest
	}
}

// compressed reports whether an entry is a second copy of an image with another
// compression. Clients that know the annotation prefer the copy.
func compressed(e v1.Descriptor) bool {
	for key := range e.Annotations {
		if strings.HasPrefix(key, compressionKey) {
			return true
		}
	}
	return false
}

// identity returns a text that is different for different platforms.
func identity(p v1.Platform) string {
	features := slices.Sorted(slices.Values(p.OSFeatures))
	return strings.Join(append([]string{image.PlatformString(&p), p.OSVersion}, features...), " ")
}
