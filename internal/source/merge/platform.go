package merge

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
)

// identity returns a text that is different for different platforms. The text
// contains the version of the system, because one index can have images for
// several versions of Windows.
func identity(p *v1.Platform) string {
	features := slices.Sorted(slices.Values(p.OSFeatures))
	return strings.Join(append([]string{image.PlatformString(p), p.OSVersion}, features...), " ")
}

// complete reports whether p has all fields that the config of an image can
// provide.
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

// usualName returns the usual name of a platform in the form of image.PlatformString. It
// returns false if p is nil or has its usual name already.
func usualName(p *v1.Platform) (string, bool) {
	if p == nil {
		return "", false
	}
	usual, ok := rules.Usual(*p)
	return image.PlatformString(&usual), ok
}

// isRunnable reports whether an image can run on p. BuildKit gives its
// attestations the platform unknown/unknown.
func isRunnable(p *v1.Platform) bool { return p != nil && p.OS != "" && p.OS != "unknown" }

// canonical converts a platform from user input to the form of image.PlatformString.
func canonical(text string) string {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(text)), "/")
	p := &v1.Platform{OS: parts[0]}
	if len(parts) > 1 {
		p.Architecture = parts[1]
	}
	p.Variant = strings.Join(parts[min(2, len(parts)):], "/")
	return image.PlatformString(p)
}
