package input

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// These lists contain the systems and architectures that images use. The names are the
// names of Go ("go tool dist list"), which the image-spec requires, and the names of
// WebAssembly.
var (
	systems       = []string{"aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "plan9", "solaris", "wasi", "wasip1", "windows"}
	architectures = []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"}
)

// machineNames maps the names of uname and of distributions to the names of Go. The
// builders of Docker also accept the names of uname.
var machineNames = map[string]string{
	"x86_64": "amd64", "x86-64": "amd64", "i386": "386", "i686": "386", "aarch64": "arm64",
	"armhf": "arm/v7", "armv7l": "arm/v7", "armv6l": "arm/v6", "armel": "arm/v6",
	"armv5": "arm/v5", "armv6": "arm/v6", "armv7": "arm/v7", "armv8": "arm64", "arm64v8": "arm64",
	"arm32v5": "arm/v5", "arm32v6": "arm/v6", "arm32v7": "arm/v7", "x64": "amd64",
}

// platformNames reads platforms that are separated by commas or by white space.
// platformNames refuses a name that resembles a known name, because no machine runs an
// image for a misspelt platform. platformNames accepts all other unknown names, because
// new architectures appear.
func (r *reader) platformNames(input string) []string {
	if text := r.text(input); missing.Unexpanded(text) != "" {
		r.fail(input, CodeValue, missing.Unexpanded(text), "The input %s contains %q, which is not a platform", input, text)
		return nil
	}
	var out []string
	for _, text := range r.words(input) {
		if hint := platformForm(text); hint != "" {
			r.fail(input, CodeValue, hint, "The input %s contains %q, which is not a platform", input, text)
			continue
		}
		name := strings.ToLower(text)
		system, rest, _ := strings.Cut(name, "/")
		machine, variant, varied := strings.Cut(rest, "/")
		if known := machineNames[machine]; known != "" && !varied {
			name = system + "/" + known
		} else if meant := meantPlatform(system, machine, variant); meant != "" {
			r.fail(input, CodeValue, fmt.Sprintf("Did you mean %s?", meant), "The platform %s in the input %s is unknown", text, input)
			continue
		} else if fault := variantFault(system, machine, variant); varied && fault != "" {
			r.fail(input, CodeValue, fault, "The platform %s in the input %s has the unknown variant %q", text, input, variant)
			continue
		}
		out = append(out, withVariantLetter(name))
	}
	return out
}

// platformForm returns the cure for a text that does not have the form of a platform, or
// "".
func platformForm(text string) string {
	if hint := missing.Unexpanded(text); hint != "" {
		return hint
	}
	if parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(";|+&", c) }); len(parts) > 1 {
		return "Separate platforms by commas: " + strings.Join(parts, ",") + "."
	}
	if platformText().MatchString(text) {
		return ""
	}
	name := strings.ToLower(text)
	for _, separator := range []string{"-", ":", "_"} {
		if system, machine, ok := strings.Cut(name, separator); ok && slices.Contains(systems, system) {
			return "Did you mean " + system + "/" + strings.ReplaceAll(machine, separator, "/") + "?"
		}
	}
	if machine := cmp.Or(machineNames[name], similar(name, architectures)); machine != "" {
		return "Did you mean linux/" + machine + "?"
	}
	return "Write system and architecture, such as linux/amd64, linux/arm64 or linux/arm/v7."
}

// platformText matches os/arch[/variant].
var platformText = lazy.Regexp(`^[A-Za-z0-9]+/[A-Za-z0-9_-]+(?:/[A-Za-z0-9.]+)?$`)

// meantPlatform returns the known platform that resembles a misspelt platform, or "".
func meantPlatform(system, machine, variant string) string {
	meantSystem, meantMachine := similar(system, systems), similar(machine, architectures)
	if meantSystem == "" || meantMachine == "" || meantSystem == system && meantMachine == machine {
		return ""
	}
	out := meantSystem + "/" + meantMachine
	if variant != "" {
		out += "/" + variant
	}
	return out
}

// similar returns the name if it is known, the nearest known name, or "".
func similar(name string, known []string) string {
	if slices.Contains(known, name) {
		return name
	}
	if names := nearest.Of(name, known); len(names) > 0 {
		return names[0]
	}
	return ""
}

// platform parses os/arch[/variant]. platform returns nil if the input is empty.
func (r *reader) platform() *v1.Platform {
	all := r.platforms("platform")
	switch {
	case len(all) > 1:
		r.fail("platform", CodeValue, "Write one platform, such as linux/amd64.", "The input platform contains %d platforms", len(all))
		return nil
	case len(all) == 0:
		return nil
	}
	return &all[0]
}

// platforms parses the platforms of an input.
func (r *reader) platforms(input string) []v1.Platform {
	var out []v1.Platform
	for _, text := range r.platformNames(input) {
		p, err := v1.ParsePlatform(text)
		if err != nil || p.OS == "" || p.Architecture == "" {
			r.fail(input, CodeValue, "Write system and architecture, such as linux/amd64, linux/arm64 or linux/arm/v7.", "The input %s has the invalid value %q", input, text)
			continue
		}
		out = append(out, *p)
	}
	return out
}
