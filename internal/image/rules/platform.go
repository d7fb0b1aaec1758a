package rules

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// kind is the way in which clients read the name of a platform.
type kind int

const (
	known       kind = iota // every client knows the name
	unlisted                // the name is not a name of Go and not a known alias
	converted               // containerd and Docker convert the name, but podman and CRI-O do not
	unsupported             // no client converts the name
)

// reading is a platform with the usual names, and the way in which clients read the
// original names.
type reading struct {
	platform v1.Platform
	kind     kind
}

// Usual returns the platform with the names that clients use (image-spec, "platform":
// the values of GOOS and GOARCH). For example, x86_64 becomes amd64. It returns false if
// the names are usual already, or if they are unknown.
func Usual(p v1.Platform) (v1.Platform, bool) {
	r := usual(p)
	return r.platform, r.kind > unlisted
}

// converts contains the names that containerd converts (containerd, package platforms,
// "Normalization").
var converts = map[string]string{
	"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm/v7", "armel": "arm/v6",
}

// aliases contains the names that no client converts.
var aliases = map[string]string{
	"x64": "amd64", "x86": "386", "ia32": "386", "i486": "386", "i586": "386", "i686": "386",
	"amd64v1": "amd64", "amd64v2": "amd64/v2", "amd64v3": "amd64/v3", "amd64v4": "amd64/v4",
	"arm32": "arm", "arm32v5": "arm/v5", "arm32v6": "arm/v6", "arm32v7": "arm/v7", "arm64v8": "arm64",
	"armv5": "arm/v5", "armv6": "arm/v6", "armv7": "arm/v7", "armv8": "arm64", "armv5l": "arm/v5", "armv6l": "arm/v6", "armv7l": "arm/v7", "armv8l": "arm/v7",
	"armv6hf": "arm/v6", "armv7hf": "arm/v7", "armv7a": "arm/v7", "aarch64_be": "arm64be",
	"powerpc64le": "ppc64le", "ppc64el": "ppc64le", "powerpc64": "ppc64", "mipsel": "mipsle", "mips64el": "mips64le",
	"loongarch64": "loong64", "riscv64gc": "riscv64", "wasm32": "wasm",
}

// systems contains the names of operating systems that are not names of Go.
var systems = map[string]string{
	"osx": "darwin", "macosx": "darwin", "mac": "darwin", "win": "windows", "win32": "windows", "win64": "windows", "gnu/linux": "linux",
}

// operatingSystems and architectures are the values of GOOS and GOARCH, and the values
// that the image-spec adds.
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

// usual finds the usual names of a platform.
func usual(p v1.Platform) reading {
	r := reading{platform: p}
	r.system()
	r.architecture()
	r.variant()
	return r
}

// raise records the kind of one name. The platform has the highest kind of its names.
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
	if base, rest, ok := strings.Cut(lower, "/"); ok && architectures[base] { // the field contains the variant
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

// variants contains the usual variant for each name of a variant that is wrong. The key
// contains the architecture.
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
	case lower == "":
	case wrong != "":
		p.Variant = wrong
		r.raise(unsupported)
	case short:
		p.Variant = "v" + lower
		r.raise(converted)
	case lower != p.Variant:
		p.Variant = lower
		r.raise(converted)
	case (p.Architecture == "arm" || p.Architecture == "arm64" || p.Architecture == "amd64") && !strings.HasPrefix(lower, "v"):
		r.raise(unlisted)
	}
}

// platformName checks the names of a platform. In an index, podman and CRI-O compare the
// names with GOOS and GOARCH letter by letter, so each other name is an error. Clients do not
// select a single image by its platform, so a wrong architecture is only unusual. Old
// versions of Docker fail if the operating system has a wrong name.
func (c *checker) platformName(p v1.Platform, where string, inIndex bool) {
	r := usual(p)
	is, should := image.PlatformString(&p), image.PlatformString(&r.platform)
	system := r.platform.OS != p.OS
	switch {
	case inIndex && (p.OS == "" || p.Architecture == ""):
		c.refuse(CodePlatformName, "Write os and architecture of each image into the index. podman answers \"no image found in image index\" for such an entry.",
			"%s has no operating system or no architecture (%q)", where, is)
	case inIndex && r.kind > unlisted:
		c.refuse(CodePlatformName, "Build the image for "+should+". "+answer(r), "%s has the platform %q, which is called %s", where, is, should)
	case system:
		c.refuse(CodePlatformName, "Build the image for "+should+". Docker refuses another name of an operating system, or fails.", "%s has the platform %q, which is called %s", where, is, should)
	case r.kind > unlisted:
		c.warn(CodePlatformUnusual, "Build the image for "+should+". Docker warns that the platform does not match the machine, and podman does not find the image in an index.",
			"%s has the platform %q, which is called %s", where, is, should)
	case r.kind == unlisted:
		c.warn(CodePlatformUnusual, "Use the values of GOOS and GOARCH, as in linux/arm64. Clients select an image only by these values.",
			"%s has the platform %q, which is not known", where, is)
	}
}

// answer returns the answer of the clients that do not find an image with a wrong name in
// an index.
func answer(r reading) string {
	if r.kind == converted {
		return "podman and CRI-O answer \"no image found in image index for architecture " + r.platform.Architecture + "\"."
	}
	return "Docker and containerd answer \"no matching manifest\" or \"no match for platform in manifest\", and podman answers \"no image found in image index\"."
}
