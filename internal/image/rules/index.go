package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// compressionKey is a prefix of annotation keys. If index entries for one platform differ
// only in their compression, podman writes annotations with this prefix on the entries.
const compressionKey = "io.github.containers.compression."

// index applies the rules to an index and to its entries.
func (c *checker) index(ctx context.Context, m *image.Manifest) error {
	var doc struct {
		ArtifactType string          `json:"artifactType"`
		Manifests    []v1.Descriptor `json:"manifests"`
	}
	if !decode(m.Raw, &doc) {
		return nil // A source never returns an invalid index.
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
		c.nested(child)
		if !runs(child, e) {
			continue
		}
		if err := c.entry(ctx, e, child); err != nil {
			return err
		}
		images = append(images, e)
	}
	c.duplicates(images)
	if !c.options.Part {
		c.baseline(images)
	}
	return nil
}

// nested reports an index below another index, if the inner index contains images.
// containerd finds these images, but Docker and podman do not search in the inner index.
func (c *checker) nested(child *image.Manifest) {
	if child == nil || !child.Index() || !c.hasImages(child) {
		return
	}
	c.refuse(CodeIndexNested, "Write all images into one index, for example with docker buildx imagetools create. Docker answers \"no matching manifest\" for an image in an inner index, and podman answers \"Unexpectedly received a manifest list instead of a manifest for a single image\".",
		"The index lists the index %s, which contains images", short(child.Descriptor.Digest))
}

// hasImages reports whether a manifest, or a manifest below it, is an image with layers.
func (c *checker) hasImages(m *image.Manifest) bool {
	if has, known := c.images[m]; known {
		return has
	}
	has := len(Layers(m)) > 0 || slices.ContainsFunc(m.Children, c.hasImages)
	c.images[m] = has
	return has
}

// The function "runs" reports whether an entry of an index is an image that clients
// run.
func runs(child *image.Manifest, e v1.Descriptor) bool {
	return child != nil && child.IsRunnable() && e.ArtifactType == "" && (e.Platform == nil || e.Platform.OS != "unknown")
}

// entry applies the rules to the platform of one index entry.
func (c *checker) entry(ctx context.Context, e v1.Descriptor, child *image.Manifest) error {
	doc, err := c.config(ctx, child)
	if err != nil {
		return err
	}
	if doc != nil && doc.artifact(child) {
		return nil
	}
	if e.Platform == nil {
		c.warn(CodePlatformAbsent, "Write the platform of each image into the index. Docker 20.10 answers \"no matching manifest\" for an index entry without a platform.",
			"The index lists the image %s without a platform", short(e.Digest))
		return nil
	}
	c.platformName(*e.Platform, fmt.Sprintf("The index entry of the image %s", short(e.Digest)), true)
	if doc == nil {
		return nil
	}
	own := doc.platform()
	if usual(own).kind >= unsupported && usual(*e.Platform).kind <= unlisted {
		c.platformName(own, fmt.Sprintf("The config of the image %s", short(e.Digest)), false)
	}
	c.compare(e, own)
	return nil
}

// compare compares the platform of an index entry with the platform in the
// config of the image.
func (c *checker) compare(e v1.Descriptor, stated v1.Platform) {
	entry, own := usual(*e.Platform).platform, usual(stated).platform
	if own.OS == "" || own.Architecture == "" || entry.OS == "" || entry.Architecture == "" {
		return
	}
	inEntry, inConfig := image.PlatformString(e.Platform), image.PlatformString(&stated)
	if entry.OS != own.OS {
		c.refuse(CodePlatformDiffers,
			fmt.Sprintf("Build the image for %s, or correct the platform in the index. A client for %s selects this image, and Docker then answers that the operating system %q cannot be used on this platform.", inEntry, entry.OS, own.OS),
			"The index lists the image %s for %s, but its config states %s", short(e.Digest), inEntry, inConfig)
		return
	}
	if entry.Architecture != own.Architecture {
		c.warn(CodeArchitectureDiffers,
			fmt.Sprintf("Check that the programs in the image run on %[1]s, because clients for %[1]s select this image. Then build the image with --platform %[1]s, or correct the platform in the index.", inEntry),
			"The index lists the image %s for %s, but its config states %s", short(e.Digest), inEntry, inConfig)
		return
	}
	versions := e.Platform.OSVersion != "" && stated.OSVersion != "" && e.Platform.OSVersion != stated.OSVersion
	if versions {
		inEntry, inConfig = e.Platform.OSVersion, stated.OSVersion
	}
	if versions || own.Variant != "" && variantOf(entry) != own.Variant {
		c.warn(CodePlatformUnusual, "Check that the image runs on the platform that the index states. Clients select the image by the platform in the index.",
			"The index lists the image %s for %s, but its config states %s", short(e.Digest), inEntry, inConfig)
	}
}

// The method "duplicates" warns about index entries with the same digest or with the
// same platform.
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
		id := Identity(*e.Platform)
		if first, twice := platforms[id]; twice {
			c.warn(CodePlatformTwice, "Remove one of the images from the index. Clients use only the first image.",
				"The index lists two images for %s: %s and %s", image.PlatformString(e.Platform), short(first), short(e.Digest))
			continue
		}
		platforms[id] = e.Digest
	}
}

// compressed reports whether an index entry is a copy of another image in the index with
// another compression. Clients that know the annotations with the prefix compressionKey
// prefer the copy.
func compressed(e v1.Descriptor) bool {
	for key := range e.Annotations {
		if strings.HasPrefix(key, compressionKey) {
			return true
		}
	}
	return false
}
