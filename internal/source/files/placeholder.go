package files

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// platformPlaceholder matches a complete platform. The system and the variant
// are optional: linux-arm-v7, linux_amd64, linux/arm/v7, arm64.
const platformPlaceholder = "{platform}"

// The regular expressions of the placeholders. They match the names of systems,
// architectures and variants in Go, Docker, uname and GoReleaser.
const (
	osNames       = `(?i:(?P<os>linux|windows|darwin|freebsd|openbsd|netbsd|macos))`
	archNames     = `(?i:(?P<arch>amd64|arm64|386|arm|riscv64|s390x|ppc64le|loong64|mips64le|mips64|ppc64|x86_64|aarch64|x64|i386|i686|armv[5-8]l?|armhf))`
	variantNumber = `v?[0-9](?:\.[0-9])?`
	// GoReleaser writes the defaults of GO386, GOMIPS64, GOPPC64 and GORISCV64
	// into its names. No platform of OCI contains these values.
	goDefaults   = `sse2|hardfloat|power8|rva20u64`
	variantNames = `(?i:(?P<variant>` + variantNumber + `|` + goDefaults + `))`
)

// placeholders maps each placeholder to its regular expression.
var placeholders = map[string]string{
	"{os}":              osNames,
	"{arch}":            archNames,
	"{variant}":         variantNames + `?`,
	platformPlaceholder: `(?:` + osNames + `[-_])?` + archNames + `(?:[-_]?` + variantNames + `)?`,
}

// expression returns the regular expression for a segment.
func expression(pattern string) string {
	text := regexp.QuoteMeta(pattern)
	for name, part := range placeholders {
		text = strings.ReplaceAll(text, regexp.QuoteMeta(name), part)
	}
	return text
}

// aliases maps other names of systems and architectures to the names that
// Docker uses.
var aliases = map[string]v1.Platform{
	"macos":  {OS: "darwin"},
	"x86_64": {Architecture: "amd64"}, "x64": {Architecture: "amd64"},
	"aarch64": {Architecture: "arm64"}, "armv8": {Architecture: "arm64"}, "armv8l": {Architecture: "arm64"},
	"i386": {Architecture: "386"}, "i686": {Architecture: "386"},
	"armhf":  {Architecture: "arm", Variant: "v7"},
	"armv7l": {Architecture: "arm", Variant: "v7"}, "armv7": {Architecture: "arm", Variant: "v7"},
	"armv6l": {Architecture: "arm", Variant: "v6"}, "armv6": {Architecture: "arm", Variant: "v6"},
	"armv5l": {Architecture: "arm", Variant: "v5"}, "armv5": {Architecture: "arm", Variant: "v5"},
}

// part returns the part of a platform that the value of a placeholder means.
// The argument name is the name of a group of the regular expressions.
func part(name, value string) v1.Platform {
	value = strings.ToLower(value)
	if p, ok := aliases[value]; ok {
		return p
	}
	switch name {
	case "os":
		return v1.Platform{OS: value}
	case "arch":
		return v1.Platform{Architecture: value}
	case "variant":
		return v1.Platform{Variant: variantName(value)}
	}
	return v1.Platform{} // the complete match, or a group without a name
}

// goDefault matches the values that mean no variant.
var goDefault = lazy.Regexp(`^(?:` + goDefaults + `)$`)

// variantName returns the name that OCI uses for a variant: v7 for 7.
func variantName(value string) string {
	switch {
	case value == "" || goDefault().MatchString(value):
		return ""
	case value[0] != 'v':
		return "v" + value
	}
	return value
}

// normalize returns the platform with defaults: Linux, amd64, and v7 for arm.
// It removes the default variants of amd64 and arm64.
func normalize(p v1.Platform) v1.Platform {
	out := v1.Platform{OS: cmp.Or(p.OS, "linux"), Architecture: cmp.Or(p.Architecture, "amd64"), Variant: p.Variant}
	switch out.Architecture + " " + strings.TrimSuffix(out.Variant, ".0") {
	case "amd64 v1", "arm64 v8":
		out.Variant = ""
	case "arm ":
		out.Variant = "v7"
	}
	return out
}

// samePlatform reports whether two platforms are equal after normalization.
func samePlatform(a, b v1.Platform) bool { return normalize(a).Equals(normalize(b)) }
