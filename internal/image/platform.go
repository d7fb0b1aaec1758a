package image

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// PlatformString formats a platform as os/arch[/variant]. PlatformString omits
// the variant v8 of arm64, because v8 is the default (image-spec, "Platform
// Variants"). For example, linux/arm64/v8 becomes linux/arm64.
func PlatformString(p *v1.Platform) string {
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" && !(p.Architecture == "arm64" && p.Variant == "v8") {
		s += "/" + p.Variant
	}
	return s
}

// PlatformKey formats a platform with the version and the features of its operating
// system, if it has them, as os(version+feature)/arch[/variant] (containerd,
// platforms.FormatAll).
func PlatformKey(p *v1.Platform) string {
	return qualified(PlatformString(p), p.OSVersion, p.OSFeatures)
}

// qualified adds a version and features to the operating system in the name of a platform.
func qualified(platform, version string, features []string) string {
	details := strings.Join(append([]string{version}, slices.Sorted(slices.Values(features))...), "+")
	os, rest, ok := strings.Cut(platform, "/")
	if !ok || details == "" {
		return platform
	}
	return os + "(" + details + ")/" + rest
}

// PlatformTitle formats a platform for display, with the version and the features of its
// operating system. The argument "platform" has the form of PlatformString.
func PlatformTitle(platform, version string, features []string) string {
	for _, detail := range append([]string{version}, features...) {
		if detail != "" {
			platform += " " + detail
		}
	}
	return platform
}

// PlatformDigest is the digest of the image for one platform.
type PlatformDigest struct {
	Platform, OSVersion string
	OSFeatures          []string
	Digest              string // "" if the digest is not known yet
}

// PlatformDigests returns the digest of each image of a tree.
func PlatformDigests(root *Manifest) []PlatformDigest {
	var out []PlatformDigest
	for _, m := range Images(root) {
		d := PlatformDigest{Platform: PlatformString(m.Platform), OSVersion: m.Platform.OSVersion, OSFeatures: m.Platform.OSFeatures}
		if !m.Pending() {
			d.Digest = m.Descriptor.Digest.String()
		}
		out = append(out, d)
	}
	return out
}

// ByPlatform returns a map from platform names to digests. If several images have the same
// platform, the names of these platforms have the form of PlatformKey. If the version and
// the features are also the same, ByPlatform uses the first image, because clients pull
// the first image. ByPlatform omits an image whose digest is not known yet.
func ByPlatform(images []PlatformDigest) map[string]string {
	count := map[string]int{}
	for _, i := range images {
		count[i.Platform]++
	}
	out := map[string]string{}
	for _, i := range images {
		key := i.Platform
		if count[key] > 1 {
			key = qualified(key, i.OSVersion, i.OSFeatures)
		}
		if i.Digest != "" && out[key] == "" {
			out[key] = i.Digest
		}
	}
	return out
}

// Ambiguous returns the platforms, in the form of PlatformString, for which the
// tree has several different images. Images of one platform can differ in the
// version and the features of the operating system.
func Ambiguous(root *Manifest) map[string]bool {
	first, out := map[string]*Manifest{}, map[string]bool{}
	for _, m := range Images(root) {
		name := PlatformString(m.Platform)
		if first[name] != nil {
			out[name] = true
		}
		first[name] = m
	}
	return out
}
