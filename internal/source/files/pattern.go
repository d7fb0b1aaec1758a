package files

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// match is a path that matches a pattern, and the platform that the path
// contains.
type match struct {
	path     string
	platform v1.Platform
	namesOS  bool // the path contains the name of an operating system
}

// expand returns all paths that match a pattern. For each form of the
// placeholder {platform}, the paths are sorted. If a matching folder contains
// another match, expand omits the folder. For example, expand omits linux/arm
// if linux/arm/v7 exists.
func expand(pattern string) ([]match, error) {
	var out []match
	for _, form := range forms(pattern) {
		found, err := expandForm(form)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	all := slices.Clone(out)
	return slices.DeleteFunc(out, func(m match) bool {
		return slices.ContainsFunc(all, func(o match) bool { return o.path != m.path && within(o.path, m.path) })
	}), nil
}

// forms returns one pattern for each form of the placeholder {platform}. A
// platform in a path can be one name, two nested folders or three nested
// folders.
func forms(pattern string) []string {
	if !strings.Contains(pattern, platformPlaceholder) {
		return []string{pattern}
	}
	return []string{
		pattern,
		strings.ReplaceAll(pattern, platformPlaceholder, "{os}/{arch}"),
		strings.ReplaceAll(pattern, platformPlaceholder, "{os}/{arch}/{variant}"),
	}
}

// shown returns the path for messages, with "/" as the separator on every
// operating system.
func (m match) shown() string { return filepath.ToSlash(m.path) }

// expandForm returns the paths that match one form of a pattern. expandForm compares the
// segments of a path one after the other.
func expandForm(pattern string) ([]match, error) {
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
	for i, m := range out {
		out[i].platform, out[i].namesOS = normalize(m.platform), m.platform.OS != ""
	}
	return out, nil
}

// segment returns the matches for the next segment of the pattern. A segment
// without a placeholder is the name of a file or folder.
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
		return nil, nil // The path does not exist for this platform.
	}
	names, err := m.names()
	if err != nil {
		return nil, err
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

// names lists the files in the folder of the match. If an earlier placeholder
// matched a file and not a folder, the list is empty.
func (m match) names() ([]fs.DirEntry, error) {
	if m.platform.String() != "" {
		if info, err := os.Stat(m.path); err == nil && !info.IsDir() {
			return nil, nil
		}
	}
	names, err := os.ReadDir(cmp.Or(m.path, "."))
	if err != nil {
		return nil, readError(err, m.path)
	}
	return names, nil
}

// bind stores the values of the placeholders in the platform of the match. If
// a placeholder already has another value, bind returns false.
func (m match) bind(names, values []string) (match, bool) {
	for i, name := range names {
		value := part(name, values[i])
		for _, f := range []struct {
			field *string
			value string
		}{
			{&m.platform.OS, value.OS}, {&m.platform.Architecture, value.Architecture}, {&m.platform.Variant, value.Variant},
		} {
			if *f.field != "" && f.value != "" && *f.field != f.value {
				return m, false
			}
			*f.field = cmp.Or(f.value, *f.field)
		}
	}
	return m, true
}

// within reports whether a path is inside a folder or is the folder itself.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}
