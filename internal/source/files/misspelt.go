package files

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// misspelt is a path that resembles a platform.
type misspelt struct {
	path     string
	right    string // the path with the corrected name
	platform v1.Platform
}

// These lists contain the names that the placeholders match.
var (
	knownSystems  = strings.Split("linux|windows|darwin|freebsd|openbsd|netbsd|macos", "|")
	knownMachines = strings.Split("amd64|arm64|386|arm|riscv64|s390x|ppc64le|loong64|mips64le|mips64|ppc64|x86_64|aarch64|x64|i386|i686|armv5|armv6|armv7|armv8|armhf", "|")
)

// wholePlatform matches a name that the placeholder {platform} matches.
var wholePlatform = lazy.RegexpFunc(func() string { return `^` + placeholders[platformPlaceholder] + `$` })

// misspelt returns the paths whose name is nearly a platform, sorted by path. The
// result contains no path that a line of the input "content" matches.
func (m *builder) misspelt(patterns []lineMatches) []misspelt {
	var out []misspelt
	for i, line := range patterns {
		if line == nil {
			continue
		}
		for _, found := range placeOf(m.Files.Content[i].Path).misspelt() {
			_, published := line.find(found.platform)
			known := slices.ContainsFunc(out, func(o misspelt) bool { return o.path == found.path })
			if !published && !known && !m.covered(found.path, patterns) {
				out = append(out, found)
			}
		}
	}
	slices.SortFunc(out, func(a, b misspelt) int { return strings.Compare(a.path, b.path) })
	return out
}

// misspelt returns the paths that differ from the pattern only in a misspelt platform.
// The platform is one name, or an architecture in the folder of an operating system.
func (p place) misspelt() []misspelt {
	folder, prefix := filepath.Split(p.before)
	var out []misspelt
	for _, name := range namesIn(folder) {
		text, hasPrefix := strings.CutPrefix(name, prefix)
		text, hasAfter := strings.CutSuffix(text, p.after)
		right, platform, ok := meantPlatform(text)
		switch {
		case !hasPrefix || !hasAfter:
		case ok:
			out = append(out, misspelt{folder + name, folder + prefix + right + p.after, platform})
		case slices.Contains(knownSystems, text):
			out = append(out, misspeltBelow(folder+name, text)...)
		}
	}
	return out
}

// misspeltBelow returns the misspelt architectures in the folder of an operating system.
func misspeltBelow(folder, system string) []misspelt {
	var out []misspelt
	for _, name := range namesIn(folder) {
		if right, platform, ok := meantPlatform(name); ok {
			platform.OS = system
			out = append(out, misspelt{filepath.Join(folder, name), filepath.Join(folder, right), normalize(platform)})
		}
	}
	return out
}

// namesIn lists the names in a folder. namesIn ignores an error, because the names are
// only part of a warning.
func namesIn(folder string) []string {
	entries, _ := os.ReadDir(cmp.Or(folder, "."))
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// meantPlatform returns the right name for a name that is nearly a platform, such as
// linux-amd46.
func meantPlatform(name string) (right string, platform v1.Platform, ok bool) {
	lower := strings.ToLower(name)
	if wholePlatform().MatchString(name) {
		return "", v1.Platform{}, false
	}
	system, machine, separator := "", lower, ""
	if at := strings.IndexAny(lower, "-_"); at > 0 && like(lower[:at], knownSystems) != "" {
		system, separator, machine = like(lower[:at], knownSystems), lower[at:at+1], lower[at+1:]
	}
	if machine = like(machine, knownMachines); machine == "" {
		return "", v1.Platform{}, false
	}
	found := part("arch", machine)
	found.OS = part("os", system).OS
	return system + separator + machine, normalize(found), true
}

// like returns the name if it is known, or the known name that resembles it, or "".
func like(name string, known []string) string {
	if slices.Contains(known, name) {
		return name
	}
	if len(name) < 4 {
		return "" // A short name resembles too many names.
	}
	if names := nearest.Of(name, known); len(names) > 0 {
		return names[0]
	}
	return ""
}

// noticeMisspelt adds a warning about paths whose name is nearly a platform. If the
// input "platform" is set, noticeMisspelt adds no warning, because the user has chosen
// the platforms.
func (m *builder) noticeMisspelt(patterns []lineMatches) {
	if len(m.Files.Platforms) > 0 {
		return
	}
	if found := m.misspelt(patterns); len(found) > 0 {
		m.notices = append(m.notices, diag.Notice{
			Code: codePlatformMissed, Level: diag.Warning, Title: "The image does not contain the files for a platform",
			Text: misspeltText(found) + " If the path is not for a platform, give it another name.",
		})
	}
}

// misspeltText returns sentences with the right names of the paths.
func misspeltText(found []misspelt) string {
	var out []string
	for _, f := range found[:min(len(found), maxNamed)] {
		out = append(out, fmt.Sprintf("The name of the path %s is nearly the platform %s, and no line of the input content matches the path. Rename the path to %s.", filepath.ToSlash(f.path), f.platform, filepath.ToSlash(f.right)))
	}
	if more := len(found) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more paths have such a name.", more))
	}
	return strings.Join(out, " ")
}
