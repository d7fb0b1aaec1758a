package merge

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// platformName is how a platform is written: os/arch[/variant]. The variant v8 of
// arm64 goes without saying (image-spec, "Platform Variants").
func platformName(p *v1.Platform) string {
	name := p.OS + "/" + p.Architecture
	if p.Variant != "" && !(p.Architecture == "arm64" && p.Variant == "v8") {
		name += "/" + p.Variant
	}
	return name
}

// identity tells platforms apart: images of one name for several versions of
// Windows live in one index.
func identity(p *v1.Platform) string {
	features := slices.Sorted(slices.Values(p.OSFeatures))
	return strings.Join(append([]string{platformName(p), p.OSVersion}, features...), " ")
}

// complete reports whether nothing is missing that the config of an image
// could add.
func complete(p *v1.Platform) bool {
	switch {
	case p == nil || p.OS == "" || p.Architecture == "":
		return false
	case p.OS == "windows":
		return p.OSVersion != ""
	case p.Architecture == "arm":
		return p.Variant != ""
	}
	return true
}

// runs reports a platform that an image can run on; BuildKit gives its
// attestations unknown/unknown.
func runs(p *v1.Platform) bool { return p != nil && p.OS != "" && p.OS != "unknown" }

// canonical is a platform as people write it, in the form of platformName.
func canonical(text string) string {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(text)), "/")
	p := &v1.Platform{OS: parts[0]}
	if len(parts) > 1 {
		p.Architecture = parts[1]
	}
	p.Variant = strings.Join(parts[min(2, len(parts)):], "/")
	return platformName(p)
}
