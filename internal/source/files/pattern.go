package files

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// match is a path that matches a pattern, with the platform in the path.
type match struct {
	path     string
	platform v1.Platform
}

// placeholders maps each placeholder to the names that it matches. These are
// the names of systems, architectures and variants in Go, Docker, uname and
// GoReleaser.
var placeholders = map[string]string{
	"{os}":      `(?P<os>linux|windows|darwin|freebsd|openbsd|netbsd|macos)`,
	"{arch}":    `(?P<arch>amd64|arm64|386|arm|riscv64|s390x|ppc64le|loong64|mips64le|mips64|ppc64|x86_64|aarch64|x64|i386)`,
	"{variant}": `(?P<variant>(?:v?[0-9](?:\.[0-9])?)?)`,
}

// aliases maps other names of platforms to the names that Docker uses.
var aliases = map[string]string{"x86_64": "amd64", "x64": "amd64", "aarch64": "arm64", "i386": "386", "macos": "darwin"}

// expand returns all paths that match a pattern. It compares one segment of
// the path at a time.
func expand(pattern string) ([]match, error) {
	out := []match{{}}
	volume := filepath.VolumeName(pattern)
	rest := filepath.ToSlash(pattern[len(volume):])
	if strings.HasPrefix(rest, "/") {
		volume += string(filepath.Separator)
	}
	out[0].path = volume
	for segment := range strings.SplitSeq(strings.Trim(rest, "/"), "/") {
		var next []match
		for _, m := range out {
			below, err := m.segment(segment)
			if err != nil {
				return nil, err
			}
			next = append(next, below...)
		}
		out = next
	}
	for i := range out {
		out[i].platform = normalize(out[i].platform)
	}
	return out, nil
}

// segment returns the matches for the next segment. A segment without a
// placeholder is a file name.
func (m match) segment(pattern string) ([]match, error) {
	if !strings.Contains(pattern, "{") {
		m.path = filepath.Join(m.path, pattern)
		_, err := os.Stat(m.path)
		switch {
		case err == nil:
			return []match{m}, nil
		case errors.Is(err, fs.ErrPermission):
			return nil, readError(err, m.path)
		}
		return nil, nil // no file exists for this platform
	}
	names, err := os.ReadDir(cmp.Or(m.path, "."))
	if err != nil {
		return nil, readError(err, m.path)
	}
	like := regexp.MustCompile(`^` + expression(pattern) + `$`)
	var out []match
	for _, d := range names {
		if found := like.FindStringSubmatch(d.Name()); found != nil {
			if next, ok := m.bind(like.SubexpNames(), found); ok {
				next.path = filepath.Join(m.path, d.Name())
				out = append(out, next)
			}
		}
	}
	return out, nil
}

// expression returns the regular expression for a segment.
func expression(pattern string) string {
	text := regexp.QuoteMeta(pattern)
	for name, part := range placeholders {
		text = strings.ReplaceAll(text, regexp.QuoteMeta(name), part)
	}
	return text
}

// bind stores the values of the placeholders. It returns false if a placeholder
// already has another value.
func (m match) bind(names, values []string) (match, bool) {
	for i, name := range names {
		value := cmp.Or(aliases[values[i]], values[i])
		field := map[string]*string{"os": &m.platform.OS, "arch": &m.platform.Architecture, "variant": &m.platform.Variant}[name]
		if field == nil {
			continue
		}
		if name == "variant" && value != "" && value[0] != 'v' {
			value = "v" + value
		}
		if *field != "" && *field != value {
			return m, false
		}
		*field = value
	}
	return m, true
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
