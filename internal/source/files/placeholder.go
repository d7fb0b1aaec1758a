package files

import (
	"cmp"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// platformPlaceholder matches a complete platform, for example linux-arm-v7,
// linux_amd64, linux/arm/v7 or arm64. The operating system and the variant
// are optional.
const platformPlaceholder = "{platform}"

// These constants are the regular expressions of the placeholders. The regular
// expressions match the names of operating systems, architectures and variants that Go,
// Docker, uname and GoReleaser use.
const (
	osNames       = `(?i:(?P<os>linux|windows|darwin|freebsd|openbsd|netbsd|macos))`
	archNames     = `(?i:(?P<arch>amd64|arm64|386|arm|riscv64|s390x|ppc64le|loong64|mips64le|mips64|ppc64|x86_64|aarch64|x64|i386|i686|armv[5-8]l?|armhf))`
	variantNumber = `v?[0-9](?:\.[0-9])?`
	// GoReleaser writes the default values of GO386, GOMIPS64, GOPPC64 and
	// GORISCV64 into the names of its folders. The variant of an OCI platform
	// never has one of these values.
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

// expression returns the regular expression for a segment of a pattern.
func expression(pattern string) string {
	text := regexp.QuoteMeta(pattern)
	for name, part := range placeholders {
		text = strings.ReplaceAll(text, regexp.QuoteMeta(name), part)
	}
	return text
}

// aliases maps other names of operating systems and architectures to the
// names that Docker uses.
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

// part converts the value of one group of a regular expression to a platform
// in which only the field for this group is set. The argument "name" is the
// name of the group.
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
	return v1.Platform{} // The value is the complete match, or belongs to a group without a name.
}

// goDefault matches the default values of Go, for which an OCI platform has
// no variant.
var goDefault = lazy.Regexp(`^(?:` + goDefaults + `)$`)

// variantName returns the name of a variant in an OCI platform, for example
// "v7" for "7".
func variantName(value string) string {
	switch {
	case value == "" || goDefault().MatchString(value):
		return ""
	case value[0] != 'v':
		return "v" + value
	}
	return value
}

// normalize sets the default values of a platform, which are linux, amd64 and
// the variant v7 for arm. normalize removes the default variants of amd64 and
// arm64.
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

// samePlatform reports whether two platforms are equal after normalize has
// changed them.
func samePlatform(a, b v1.Platform) bool { return normalize(a).Equals(normalize(b)) }
