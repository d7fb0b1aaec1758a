package merge

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
)

// sortKey returns a text by which the entries of the index are sorted. The digest of the
// index depends on the order of its entries, so the text of a platform must not change.
func sortKey(p *v1.Platform) string {
	features := slices.Sorted(slices.Values(p.OSFeatures))
	return strings.Join(append([]string{image.PlatformString(p), p.OSVersion}, features...), " ")
}

// complete reports whether the platform p already has all fields that the
// program could read from the config of the image.
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

// usualName returns the usual name of the platform p in the form of
// image.PlatformString, for example "linux/amd64" for "linux/x86_64". If p is
// nil or already has its usual name, usualName returns false.
func usualName(p *v1.Platform) (string, bool) {
	if p == nil {
		return "", false
	}
	usual, ok := rules.Usual(*p)
	return image.PlatformString(&usual), ok
}

// isRunnable reports whether p is the platform of an image. isRunnable returns false for
// unknown/unknown, which BuildKit writes as the platform of an attestation.
func isRunnable(p *v1.Platform) bool { return p != nil && p.OS != "" && p.OS != "unknown" }

// canonical converts a platform in the input "expect-platforms" to the form of
// image.PlatformString.
func canonical(text string) string {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(text)), "/")
	p := &v1.Platform{OS: parts[0]}
	if len(parts) > 1 {
		p.Architecture = parts[1]
	}
	p.Variant = strings.Join(parts[min(2, len(parts)):], "/")
	return image.PlatformString(p)
}
