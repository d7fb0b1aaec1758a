package image

import v1 "github.com/google/go-containerregistry/pkg/v1"

// PlatformString formats a platform as os/arch[/variant]. It omits the variant
// v8 of arm64, because v8 is the default (image-spec, "Platform Variants").
// The platforms linux/arm64/v8 and linux/arm64 are the same.
func PlatformString(p *v1.Platform) string {
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" && !(p.Architecture == "arm64" && p.Variant == "v8") {
		s += "/" + p.Variant
	}
	return s
}

// VersionedPlatform formats a platform with the version of its operating system, as
// containerd does: windows(10.0.17763.1)/amd64. Without a version, it returns
// PlatformString.
func VersionedPlatform(p *v1.Platform) string {
	if p.OSVersion == "" {
		return PlatformString(p)
	}
	versioned := *p
	versioned.OS += "(" + p.OSVersion + ")"
	return PlatformString(&versioned)
}

// Ambiguous returns the platforms, in the form of PlatformString, for which the tree has
// several different images. The images can differ in the version of their system.
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
