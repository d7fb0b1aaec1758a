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

// match is a path that is like a pattern, and the platform in it.
type match struct {
	path     string
	platform v1.Platform
}

// parts are what a placeholder may stand for: how Go, Docker, uname and
// GoReleaser call systems, architectures and variants.
var parts = map[string]string{
	"{os}":      `(?P<os>linux|windows|darwin|freebsd|openbsd|netbsd|macos)`,
	"{arch}":    `(?P<arch>amd64|arm64|386|arm|riscv64|s390x|ppc64le|loong64|mips64le|mips64|ppc64|x86_64|aarch64|x64|i386)`,
	"{variant}": `(?P<variant>(?:v?[0-9](?:\.[0-9])?)?)`,
}

// aliases are the names that Docker does not use.
var aliases = map[string]string{"x86_64": "amd64", "x64": "amd64", "aarch64": "arm64", "i386": "386", "macos": "darwin"}

// expand finds all paths that are like a pattern, segment by segment.
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
		out[i].platform = usual(out[i].platform)
	}
	return out, nil
}

// segment goes one folder down: by name, or by all that are like it.
func (m match) segment(pattern string) ([]match, error) {
	if !strings.Contains(pattern, "{") {
		m.path = filepath.Join(m.path, pattern)
		_, err := os.Stat(m.path)
		switch {
		case err == nil:
			return []match{m}, nil
		case errors.Is(err, fs.ErrPermission):
			return nil, explained(err, m.path)
		}
		return nil, nil // it is not there for this platform
	}
	names, err := os.ReadDir(cmp.Or(m.path, "."))
	if err != nil {
		return nil, explained(err, m.path)
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

// expression quotes a segment, placeholders apart.
func expression(pattern string) string {
	text := regexp.QuoteMeta(pattern)
	for name, part := range parts {
		text = strings.ReplaceAll(text, regexp.QuoteMeta(name), part)
	}
	return text
}

// bind takes what the placeholders stand for, unless they stood for something
// else before.
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

// usual leaves out what is meant where nothing is said: Linux, the variant
// that every amd64 and arm64 has, v7 of arm.
func usual(p v1.Platform) v1.Platform {
	out := v1.Platform{OS: cmp.Or(p.OS, "linux"), Architecture: cmp.Or(p.Architecture, "amd64"), Variant: p.Variant}
	switch out.Architecture + " " + strings.TrimSuffix(out.Variant, ".0") {
	case "amd64 v1", "arm64 v8":
		out.Variant = ""
	case "arm ":
		out.Variant = "v7"
	}
	return out
}

// same reports whether two platforms are one.
func same(a, b v1.Platform) bool { return usual(a).Equals(usual(b)) }
