package files

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// maxNamed is the maximum number of paths that a notice lists.
const maxNamed = 8

// place is a pattern that is divided at its placeholders.
type place struct {
	// The field "before" is the text before the first placeholder. The field "after" is
	// the text between the last placeholder and the next slash. The field "rest" is the
	// remaining text, which starts with the slash. If the text after the last placeholder
	// is only a variant, the field "after" is empty, because the variant belongs to the
	// platform.
	before, placeholders, after, rest string
}

// fixedVariant matches a variant that a pattern contains as text, for example
// "_v1" in "{arch}_v1".
var fixedVariant = lazy.Regexp(`^[-_]?` + variantNames + `$`)

// placeOf divides a pattern that contains a placeholder.
func placeOf(pattern string) place {
	first, last := strings.Index(pattern, "{"), strings.LastIndex(pattern, "}")+1
	p := place{before: pattern[:first], placeholders: pattern[first:last], after: pattern[last:]}
	if slash := strings.IndexAny(p.after, `/`+string(filepath.Separator)); slash >= 0 {
		p.after, p.rest = p.after[:slash], p.after[slash:]
	}
	if fixedVariant().MatchString(p.after) {
		p.after = ""
	}
	return p
}

// lookalikes returns the paths that differ from the pattern only in the spelling of the
// platform. For example, lookalikes returns "dist/linux-amd64" for the pattern
// "dist/{os}_{arch}".
func (p place) lookalikes() []match {
	var out []match
	for _, end := range []string{"", ".exe"} {
		found, err := expand(p.before + platformPlaceholder + p.after + end)
		if err != nil {
			return nil // The error is ignored, because the caller needs the paths only for a notice.
		}
		for _, m := range found {
			if m.namesOS || !strings.Contains(p.placeholders, "{os}") {
				out = append(out, m)
			}
		}
	}
	return out
}

// general replaces the placeholders of the pattern by {platform}. If the new pattern does
// not match every path in the argument "missed", general returns "".
func (p place) general(missed []match) string {
	pattern := p.before + platformPlaceholder + p.after + p.rest
	found, err := expand(pattern)
	for _, m := range missed {
		if err != nil || !slices.ContainsFunc(found, func(f match) bool { return within(f.path, m.path) }) {
			return ""
		}
	}
	return pattern
}

// missed returns the paths that look like a platform but match no line of the input
// "content". The list is sorted by path.
func (m *builder) missed(patterns []lineMatches) []match {
	var out []match
	for i, line := range patterns {
		if line == nil {
			continue
		}
		for _, found := range placeOf(m.Files.Content[i].Path).lookalikes() {
			known := slices.ContainsFunc(out, func(o match) bool { return o.path == found.path })
			if !known && !m.covered(found.path, patterns) {
				out = append(out, found)
			}
		}
	}
	slices.SortFunc(out, func(a, b match) int { return strings.Compare(a.path, b.path) })
	return out
}

// covered reports whether a line of the input "content" matches the path, a
// folder above the path, or a file below the path.
func (m *builder) covered(path string, patterns []lineMatches) bool {
	overlaps := func(other string) bool { return within(other, path) || within(path, other) }
	for i, line := range patterns {
		if line == nil && overlaps(m.Files.Content[i].Path) {
			return true
		}
		if slices.ContainsFunc(line, func(o match) bool { return overlaps(o.path) }) {
			return true
		}
	}
	return false
}

// noticeMissed adds a warning about paths that look like a platform for Linux
// but match no line of the input "content". If the input "platform" is set,
// noticeMissed adds no warning, because the user has chosen the platforms.
func (m *builder) noticeMissed(patterns []lineMatches) {
	if len(m.Files.Platforms) > 0 {
		return
	}
	missed := slices.DeleteFunc(m.missed(patterns), func(f match) bool { return f.platform.OS != "linux" })
	if len(missed) == 0 {
		return
	}
	m.notices = append(m.notices, diag.Notice{
		Code: codePlatformMissed, Level: diag.Warning, Title: "The image does not contain the files for a platform",
		Text: missedText(missed) + " " + m.missedHint(missed, patterns) + " If the image does not need the platform, set the input platform to the platforms of the image.",
	})
}

// missedText returns a sentence with the paths that look like a platform.
func missedText(missed []match) string {
	if len(missed) == 1 {
		return fmt.Sprintf("The path %s looks like the platform %s, but no line of the input content matches the path.", missed[0].shown(), missed[0].platform)
	}
	var names []string
	for _, f := range missed[:min(len(missed), maxNamed)] {
		names = append(names, fmt.Sprintf("%s (%s)", f.shown(), f.platform))
	}
	if more := len(missed) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("%d paths look like a platform, but no line of the input content matches them: %s.", len(missed), strings.Join(names, ", "))
}

// missedHint returns a hint that tells the user how to publish the files in
// the paths. missedHint recommends the placeholder {platform} only if a
// pattern with {platform} matches the paths.
func (m *builder) missedHint(missed []match, patterns []lineMatches) string {
	var lines []string
	file, all := "", true
	for i, line := range patterns {
		if line == nil {
			continue
		}
		c := m.Files.Content[i]
		p := placeOf(c.Path)
		pattern := p.general(missed)
		if pattern == "" {
			all = false
			file = cmp.Or(file, strings.TrimLeft(p.rest, `/\`))
			continue
		}
		if c.Into && c.To != "/" {
			c.To += "/"
		}
		lines = append(lines, pattern+":"+c.To)
	}
	switch {
	case all:
		return fmt.Sprintf("Write %s in the input content, because {platform} also matches such a path.", strings.Join(lines, " and "))
	case file != "":
		return fmt.Sprintf("Check that the build writes %s into the folder, and that a line of the input content matches the name of the folder.", file)
	}
	return "Rename the path, or write a separate line for the path in the input content."
}

// notFoundHint returns a hint for a platform that has no path. The hint contains the
// paths that look like the platform in the argument "want". If "want" is nil, the hint
// contains the paths that look like any platform. If no such path exists, notFoundHint
// returns the argument "otherwise".
func (m *builder) notFoundHint(want *v1.Platform, patterns []lineMatches, otherwise string) string {
	missed := slices.DeleteFunc(m.missed(patterns), func(f match) bool {
		return want != nil && !samePlatform(f.platform, *want)
	})
	if wrong := m.misspelt(patterns); len(missed) == 0 && len(wrong) > 0 {
		return misspeltText(wrong)
	}
	if len(missed) == 0 {
		return otherwise
	}
	return missedText(missed) + " " + m.missedHint(missed, patterns)
}
