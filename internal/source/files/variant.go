package files

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// variants returns the files for each platform in the paths, sorted by
// platform. If no path has a placeholder, it returns one variant without a
// platform.
func (m *builder) variants() ([]*variant, error) {
	patterns := make([]map[string]string, len(m.Files.Content))
	found := map[string]v1.Platform{}
	for i, c := range m.Files.Content {
		if !strings.Contains(c.Path, "{") {
			continue
		}
		matches, err := expand(c.Path)
		if err != nil {
			return nil, err
		}
		patterns[i] = map[string]string{}
		for _, one := range matches {
			key := one.platform.String()
			patterns[i][key], found[key] = one.path, one.platform
		}
	}
	if !slices.ContainsFunc(patterns, func(p map[string]string) bool { return p != nil }) {
		return []*variant{{content: m.Files.Content}}, nil
	}
	var out []*variant
	for _, p := range m.wanted(found) {
		v, err := m.variant(p, patterns)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, contentError(CodeNotFound, "Check the path. {os} matches linux, and {arch} matches the names of Go and Docker, such as amd64 and arm64. Run the step that writes the files first.", nil,
			"no path matches %q", m.Files.Content[slices.IndexFunc(patterns, func(p map[string]string) bool { return p != nil })].Path)
	}
	return out, nil
}

// wanted returns the platforms from the input. If the input has no platforms,
// it returns the found platforms for Linux. Most builds also write programs
// for macOS and Windows into the same folder.
func (m *builder) wanted(found map[string]v1.Platform) []v1.Platform {
	if len(m.Files.Platforms) > 0 {
		return m.Files.Platforms
	}
	var out []v1.Platform
	var others []string
	for name, p := range found {
		if p.OS == "linux" {
			out = append(out, p)
		} else {
			others = append(others, name)
		}
	}
	slices.SortFunc(out, func(a, b v1.Platform) int { return strings.Compare(a.String(), b.String()) })
	if slices.Sort(others); len(others) > 0 {
		m.notices = append(m.notices, diag.Notice{
			Code: codeNotLinux, Level: diag.Info, Title: "Files for other systems were left out",
			Text: fmt.Sprintf("The paths also match files for %s. Only files for Linux are published.", strings.Join(others, ", ")),
		})
	}
	return out
}

// variant replaces the patterns by the paths of one platform.
func (m *builder) variant(p v1.Platform, patterns []map[string]string) (*variant, error) {
	v := &variant{platform: &p, content: slices.Clone(m.Files.Content)}
	for i, paths := range patterns {
		if paths == nil {
			continue
		}
		at, ok := paths[normalize(p).String()]
		if !ok {
			return nil, contentError(CodePlatform, "Build the files for this platform, or set platform to the platforms of the files.", nil,
				"no path matches %q for %s", m.Files.Content[i].Path, p)
		}
		v.content[i] = input.Content{Path: at, To: v.content[i].To, Into: v.content[i].Into}
	}
	return v, nil
}

// variantFor returns the variant for a platform.
func variantFor(all []*variant, p v1.Platform) *variant {
	for _, v := range all {
		if v.platform != nil && samePlatform(*v.platform, p) {
			return v
		}
	}
	return all[0]
}
