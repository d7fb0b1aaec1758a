package image

import v1 "github.com/google/go-containerregistry/pkg/v1"

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

// Ambiguous returns the platforms, in the form of PlatformString, for which the
// tree has several different images. Images of one platform can differ in the
// version of the operating system.
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
