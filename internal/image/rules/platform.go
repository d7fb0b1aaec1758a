package rules

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// kind describes how clients read the name of a platform.
type kind int

const (
	known       kind = iota // Every client knows the name.
	requested               // A client selects the variant only if its user requests this variant, as in --platform linux/amd64/v3.
	unlisted                // The name is neither a value of GOOS or GOARCH nor a known alias.
	converted               // containerd and Docker convert the name, but podman and CRI-O do not convert it.
	unsupported             // No client converts the name.
	nowhere                 // No machine has this combination of an architecture and a variant.
)

// reading contains the usual names of a platform and the kind of its original names.
type reading struct {
	platform v1.Platform
	kind     kind
}

// Usual returns the platform with the names that clients use (image-spec,
// "platform": the values of GOOS and GOARCH). For example, x86_64 becomes amd64.
// Usual returns false if the names are already usual, or if the names are
// unknown.
func Usual(p v1.Platform) (v1.Platform, bool) {
	u := usual(p).platform
	return u, image.PlatformString(&u) != image.PlatformString(&p)
}

// The map "converts" contains the usual name for each name that containerd replaces
// (containerd, package platforms, "Normalization").
var converts = map[string]string{
	"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm/v7", "armel": "arm/v6",
}

// The map "aliases" contains the usual name for each alias that clients do not convert.
var aliases = map[string]string{
	"x64": "amd64", "x86": "386", "ia32": "386", "i486": "386", "i586": "386", "i686": "386",
	"amd64v1": "amd64", "amd64v2": "amd64/v2", "amd64v3": "amd64/v3", "amd64v4": "amd64/v4",
	"arm32": "arm", "arm32v5": "arm/v5", "arm32v6": "arm/v6", "arm32v7": "arm/v7", "arm64v8": "arm64",
	"armv5": "arm/v5", "armv6": "arm/v6", "armv7": "arm/v7", "armv8": "arm64", "armv5l": "arm/v5", "armv6l": "arm/v6", "armv7l": "arm/v7", "armv8l": "arm/v7",
	"armv6hf": "arm/v6", "armv7hf": "arm/v7", "armv7a": "arm/v7", "aarch64_be": "arm64be",
	"powerpc64le": "ppc64le", "ppc64el": "ppc64le", "powerpc64": "ppc64", "mipsel": "mipsle", "mips64el": "mips64le",
	"loongarch64": "loong64", "riscv64gc": "riscv64", "wasm32": "wasm",
}

// The map "systems" contains the value of GOOS for other common names of operating
// systems.
var systems = map[string]string{
	"osx": "darwin", "macosx": "darwin", "mac": "darwin", "win": "windows", "win32": "windows", "win64": "windows", "gnu/linux": "linux",
}

// operatingSystems and architectures contain the values of GOOS and GOARCH, and
// the values that the image-spec adds.
var (
	operatingSystems = words("aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 wasip2 wasi windows zos unknown")
	architectures    = words("386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm unknown")
)

func words(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}

// usual returns a platform with its usual names.
func usual(p v1.Platform) reading {
	r := reading{platform: p}
	if p.OS+p.Architecture+p.Variant != strings.TrimSpace(p.OS)+strings.TrimSpace(p.Architecture)+strings.TrimSpace(p.Variant) {
		r.raise(unsupported) // No client removes a blank.
	}
	r.system()
	r.architecture()
	r.variant()
	return r
}

// raise records the kind of one name. The kind of the platform is the highest
// kind of its names.
func (r *reading) raise(k kind) { r.kind = max(r.kind, k) }

func (r *reading) system() {
	lower := strings.ToLower(strings.TrimSpace(r.platform.OS))
	switch {
	case lower == "macos":
		r.platform.OS = "darwin"
		r.raise(converted)
	case systems[lower] != "":
		r.platform.OS = systems[lower]
		r.raise(unsupported)
	case lower != r.platform.OS:
		r.raise(converted)
		r.platform.OS = lower
	case lower != "" && !operatingSystems[lower]:
		r.raise(unlisted)
	}
}

func (r *reading) architecture() {
	lower := strings.ToLower(strings.TrimSpace(r.platform.Architecture))
	found, k := converts[lower], converted
	if found == "" {
		found, k = aliases[lower], unsupported
	}
	if base, rest, ok := strings.Cut(lower, "/"); ok && architectures[base] { // The field Architecture contains the variant, for example "arm/v7".
		found, k = base+"/"+rest, unsupported
	}
	switch {
	case found != "":
		base, variant, hasVariant := strings.Cut(found, "/")
		r.platform.Architecture = base
		if hasVariant && r.platform.Variant == "" {
			r.platform.Variant = variant
		}
		r.raise(k)
	case lower != r.platform.Architecture:
		r.platform.Architecture = lower
		r.raise(converted)
	case lower != "" && !architectures[lower]:
		r.raise(unlisted)
	}
}

// variants maps a wrong name of a variant to its usual name. The keys of the map
// have the form architecture/variant.
var variants = map[string]string{
	"arm/armv5": "v5", "arm/armv6": "v6", "arm/armv7": "v7", "arm/armv8": "v8", "arm/armv6l": "v6", "arm/armv7l": "v7", "arm/armhf": "v7", "arm/armel": "v6",
	"arm/32v5": "v5", "arm/32v6": "v6", "arm/32v7": "v7", "arm/arm32v5": "v5", "arm/arm32v6": "v6", "arm/arm32v7": "v7", "arm/v7l": "v7", "arm/v6l": "v6", "arm/v7a": "v7", "arm/v7hf": "v7", "arm/v6hf": "v6",
	"arm64/armv8": "v8", "arm64/arm64v8": "v8", "arm64/64v8": "v8", "arm64/v8a": "v8", "arm64/armv9": "v9",
	"amd64/x86-64-v2": "v2", "amd64/x86-64-v3": "v3", "amd64/x86-64-v4": "v4", "amd64/2": "v2", "amd64/3": "v3", "amd64/4": "v4", "amd64/amd64v2": "v2", "amd64/amd64v3": "v3",
}

func (r *reading) variant() {
	p := &r.platform
	lower := strings.ToLower(strings.TrimSpace(p.Variant))
	short := p.Architecture == "arm" && slices.Contains([]string{"5", "6", "7", "8"}, lower) || p.Architecture == "arm64" && lower == "8"
	wrong := variants[p.Architecture+"/"+lower]
	switch {
	case wrong != "":
		p.Variant = wrong
		r.raise(unsupported)
	case short:
		p.Variant = "v" + lower
		r.raise(converted)
	case p.Architecture == "amd64" && lower == "v1":
		p.Variant = ""
		r.raise(converted)
	case lower != p.Variant:
		p.Variant = lower
		r.raise(converted)
	}
	r.raise(variantKind(p.Architecture, p.Variant))
}

// newARM64 matches the variants of arm64 after v8. The CPU of a machine has no such
// variant in containerd and podman.
var newARM64 = lazy.Regexp(`^v(8\.[0-9]|9(\.[0-9])?)$`)

// variantKind returns the kind of a variant with its usual name (containerd, package
// platforms: the variants that the function Only accepts for the default platform of a
// machine).
func variantKind(architecture, variant string) kind {
	switch architecture {
	case "arm":
		if slices.Contains([]string{"", "v5", "v6", "v7", "v8"}, variant) {
			return known
		}
		return nowhere
	case "arm64":
		if variant == "" || variant == "v8" {
			return known
		}
		if newARM64().MatchString(variant) {
			return requested
		}
		return nowhere
	case "amd64":
		if variant != "" && !slices.Contains([]string{"v2", "v3", "v4"}, variant) {
			return nowhere
		}
	}
	if variant != "" {
		return requested
	}
	return known
}

// variantOf returns the variant of a platform with usual names. Clients use a default for
// a missing variant.
func variantOf(p v1.Platform) string {
	switch {
	case p.Variant != "":
		return p.Variant
	case p.Architecture == "arm":
		return "v7"
	case p.Architecture == "arm64":
		return "v8"
	}
	return ""
}

// Identity returns a text that is equal for two platforms if clients do not distinguish
// the platforms. The text contains the version and the features of the operating system.
func Identity(p v1.Platform) string {
	usual := usual(p).platform
	usual.Variant = variantOf(usual)
	return image.PlatformKey(&usual)
}

// platformName checks the names of a platform. In an index, an alias such as
// x86_64 is an error, because podman and CRI-O do not convert aliases. For an
// image without an index, an alias of an architecture is only a warning, because
// clients do not select such an image by its platform. An alias of an operating
// system is always an error, because old versions of Docker do not know the
// alias.
func (c *checker) platformName(p v1.Platform, where string, inIndex bool) {
	r := usual(p)
	is, should := image.PlatformString(&p), image.PlatformString(&r.platform)
	system := r.platform.OS != p.OS
	switch {
	case inIndex && (p.OS == "" || p.Architecture == ""):
		c.refuse(CodePlatformName, "Write the fields os and architecture of each image into the index. podman answers \"no image found in image index\" for an index entry without these fields.",
			"%s has no operating system or no architecture (%q)", where, is)
	case r.kind == nowhere:
		c.nowhere(r.platform, where, is, inIndex)
	case inIndex && r.kind > unlisted:
		c.refuse(CodePlatformName, fmt.Sprintf("Build the image for %s. %s", should, answer(r)), "%s has the platform %q, which is called %s", where, is, should)
	case system:
		c.refuse(CodePlatformName, fmt.Sprintf("Build the image for %s. Docker refuses an image with another name of the operating system.", should), "%s has the platform %q, which is called %s", where, is, should)
	case r.kind > unlisted:
		c.warn(CodePlatformUnusual, fmt.Sprintf("Build the image for %s. Docker warns that the platform does not match the machine, and podman does not find the image in an index.", should),
			"%s has the platform %q, which is called %s", where, is, should)
	case r.kind == unlisted:
		c.warn(CodePlatformUnusual, "Use the values of GOOS and GOARCH, as in linux/arm64. Clients select an image only by these values.",
			"%s has the platform %q, which is not known", where, is)
	}
}

// nowhere reports a variant that no machine has. In an index, no client selects the image.
func (c *checker) nowhere(p v1.Platform, where, is string, inIndex bool) {
	base := p.OS + "/" + p.Architecture
	hint := fmt.Sprintf("Build the image for %s.", base)
	if p.Architecture == "arm64" && variantKind("arm", p.Variant) == known {
		hint = fmt.Sprintf("Build the image for %s, or for %s/arm/%s.", base, p.OS, p.Variant)
	}
	if inIndex {
		c.refuse(CodePlatformName, hint+" Docker and containerd answer \"no match for platform in manifest\", and podman answers \"no image found in image index\".",
			"%s has the platform %q, and no machine has this variant of %s", where, is, p.Architecture)
		return
	}
	c.warn(CodePlatformUnusual, hint+" Docker warns that the platform does not match the machine.", "%s has the platform %q, and no machine has this variant of %s", where, is, p.Architecture)
}

// baseline warns if an index has only variants of an architecture that no client selects
// without a request of its user, for example only linux/amd64/v3.
func (c *checker) baseline(images []v1.Descriptor) {
	found, wanted := map[string]bool{}, []v1.Platform{}
	for _, e := range images {
		if e.Platform == nil {
			continue
		}
		switch r := usual(*e.Platform); r.kind {
		case known:
			found[r.platform.OS+"/"+r.platform.Architecture] = true
		case requested:
			wanted = append(wanted, r.platform)
		}
	}
	for _, p := range wanted {
		if base := p.OS + "/" + p.Architecture; !found[base] {
			c.warn(CodePlatformUnusual, fmt.Sprintf("Add an image for %s to the index. Clients answer \"no matching manifest\" or \"no image found in image index\", unless their users request the variant, as in docker pull --platform %s.", base, image.PlatformString(&p)),
				"The index has an image for %s, but no image for %s", image.PlatformString(&p), base)
		}
	}
}

// answer returns a sentence about clients that do not find an image with a wrong
// platform name in an index.
func answer(r reading) string {
	if r.kind == converted {
		return fmt.Sprintf("podman and CRI-O answer \"no image found in image index for architecture %s\".", r.platform.Architecture)
	}
	return "Docker and containerd answer \"no matching manifest\" or \"no match for platform in manifest\", and podman answers \"no image found in image index\"."
}
