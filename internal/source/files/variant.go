package files

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// lineMatches contains the matches of one line of the input "content". If the
// path of the line has no placeholder, lineMatches is nil.
type lineMatches []match

// find returns the match for a platform. If several paths contain the
// platform, find returns the first path.
func (l lineMatches) find(p v1.Platform) (match, bool) {
	i := slices.IndexFunc(l, func(m match) bool { return samePlatform(m.platform, p) })
	if i < 0 {
		return match{}, false
	}
	return l[i], true
}

// variants returns one variant for each platform in the paths of the input
// "content", sorted by platform. If no path has a placeholder, variants returns
// one variant without a platform.
func (m *builder) variants() ([]*variant, error) {
	patterns, err := m.expandLines()
	if err != nil {
		return nil, err
	}
	first := slices.IndexFunc(patterns, func(l lineMatches) bool { return l != nil })
	if first < 0 {
		return []*variant{{content: m.Files.Content}}, nil
	}
	var out []*variant
	for _, p := range m.wanted(patterns) {
		v, err := m.variant(p, patterns)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if systems := otherSystems(patterns); len(out) == 0 && len(systems) > 0 {
		return nil, contentError(CodeNotFound, "Build the files for Linux, because container runtimes such as Docker run only images for Linux, Windows and FreeBSD. On a Mac, Docker runs images for linux/arm64 and linux/amd64. To publish the files without a runtime, set the input platform to their platforms.", nil,
			"%q matches only files for %s", m.Files.Content[first].Path, strings.Join(systems, ", "))
	}
	if len(out) == 0 {
		return nil, contentError(CodeNotFound, m.notFoundHint(nil, patterns, "Check the path. The placeholder {platform} matches names such as linux-amd64 and linux-arm-v7. Run the step that writes the files before this step."), nil,
			"no path matches %q", m.Files.Content[first].Path)
	}
	m.noticeMissed(patterns)
	m.noticeMisspelt(patterns)
	return out, nil
}

// otherSystems lists the platforms of the matched paths that are not for Linux.
func otherSystems(patterns []lineMatches) []string {
	var out []string
	for _, found := range slices.Concat(patterns...) {
		if found.platform.OS != "linux" {
			out = append(out, found.platform.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// expandLines returns the matches of each line of the input "content". If two
// paths that match a line contain the same platform, expandLines adds a
// warning, because the program publishes only one of the paths.
func (m *builder) expandLines() ([]lineMatches, error) {
	out := make([]lineMatches, len(m.Files.Content))
	for i, c := range m.Files.Content {
		if !strings.Contains(c.Path, "{") {
			continue
		}
		matches, err := expand(c.Path)
		if err != nil {
			return nil, err
		}
		out[i] = lineMatches{}
		for _, one := range matches {
			if first, twice := out[i].find(one.platform); twice && one.platform.OS == "linux" {
				m.noticeTwice(first, one)
			}
			out[i] = append(out[i], one)
		}
	}
	return out, nil
}

func (m *builder) noticeTwice(first, second match) {
	m.notices = append(m.notices, diag.Notice{
		Code: codePlatformTwice, Level: diag.Warning, Title: "Two paths for one platform",
		Text: fmt.Sprintf("A line of the input content matches both %s and %s for the platform %s. The run publishes only %s. Remove the other path, or write a pattern that matches only one of the two paths.", first.shown(), second.shown(), first.platform, first.shown()),
	})
}

// wanted returns the platforms in the input "platform". If this input is empty, wanted
// returns only the platforms for Linux in the paths. Most builds also write programs for
// macOS and Windows into the same folder.
func (m *builder) wanted(patterns []lineMatches) []v1.Platform {
	if len(m.Files.Platforms) > 0 {
		return m.Files.Platforms
	}
	var out []v1.Platform
	var others []string
	for _, found := range slices.Concat(slices.Concat(patterns...), m.missed(patterns)) {
		if p := found.platform; p.OS != "linux" {
			others = append(others, p.String())
		}
	}
	for _, found := range slices.Concat(patterns...) {
		if p := found.platform; p.OS == "linux" {
			out = append(out, p)
		}
	}
	out = unique(out)
	slices.SortFunc(out, func(a, b v1.Platform) int { return strings.Compare(a.String(), b.String()) })
	slices.Sort(others)
	if others = slices.Compact(others); len(others) > 0 {
		m.notices = append(m.notices, diag.Notice{
			Code: codeNotLinux, Level: diag.Info, Title: "The image does not contain files for other operating systems",
			Text: fmt.Sprintf("The folder also contains files for %s. The run publishes only the files for Linux.", strings.Join(others, ", ")),
		})
	}
	return out
}

// variant returns the lines of the input "content" with the paths of one
// platform in place of the patterns.
func (m *builder) variant(p v1.Platform, patterns []lineMatches) (*variant, error) {
	v := &variant{platform: &p, content: slices.Clone(m.Files.Content)}
	for i, line := range patterns {
		if line == nil {
			continue
		}
		at, ok := line.find(p)
		if !ok {
			return nil, contentError(CodePlatform, m.notFoundHint(&p, patterns, "Build the files for this platform, or set the input platform to the platforms of the existing files."), nil,
				"no path matches %q for %s", m.Files.Content[i].Path, p)
		}
		v.content[i] = input.Content{Path: at.path, To: v.content[i].To, Into: v.content[i].Into}
	}
	return v, nil
}

// variantFor returns the variant for a platform, or the first variant if no
// variant has this platform.
func variantFor(all []*variant, p v1.Platform) *variant {
	for _, v := range all {
		if v.platform != nil && samePlatform(*v.platform, p) {
			return v
		}
	}
	return all[0]
}
