package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"golang.org/x/mod/semver"
)

var threeParts = lazy.Regexp(`^v?[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?$`)

// version returns the SemVer version of a tag with a leading v, or "". The tags v1.2.0
// and 1.2.0 have the same version. The tag 1.2 has no version.
func version(tag string) string {
	if !threeParts().MatchString(tag) {
		return ""
	}
	v := "v" + strings.TrimPrefix(tag, "v")
	if !semver.IsValid(v) {
		return ""
	}
	return v
}

// release returns the version without its prerelease.
func release(v string) string { return strings.TrimSuffix(v, semver.Prerelease(v)) }

// releaseLine names the releases that are ranked together. Prereleases are ranked apart.
type releaseLine struct {
	name       string
	prerelease bool
}

func lineOf(v string, parts int) releaseLine {
	out := releaseLine{prerelease: semver.Prerelease(v) != ""}
	switch parts {
	case 1:
		out.name = semver.Major(v)
	case 2:
		out.name = semver.MajorMinor(v)
	}
	return out
}

// semverTags returns the tags of the releases that a selector selects.
func semverTags(tags []string, s rules.Selector) []string {
	found := map[releaseLine]map[string][]string{} // line → version → tags
	exists := map[string]bool{}
	for _, tag := range tags {
		v := version(tag)
		if v == "" {
			continue
		}
		line := lineOf(v, s.Parts)
		if found[line] == nil {
			found[line] = map[string][]string{}
		}
		found[line][v] = append(found[line][v], tag)
		exists[v] = true
	}
	var out []string
	for line, versions := range found {
		ranked := slices.SortedFunc(maps.Keys(versions), func(a, b string) int { return semver.Compare(b, a) })
		for _, v := range dropped(ranked, line.prerelease, s, exists) {
			out = append(out, versions[v]...)
		}
	}
	slices.Sort(out)
	return out
}

// dropped returns the versions of one line that go. The newest version comes first.
func dropped(ranked []string, prerelease bool, s rules.Selector, exists map[string]bool) []string {
	switch {
	case !prerelease:
		return ranked[min(s.Keep, len(ranked)):]
	case s.Superseded:
		return slices.DeleteFunc(ranked, func(v string) bool { return !exists[release(v)] })
	case s.Prereleases == rules.None:
		return nil
	default:
		return ranked[min(s.Prereleases, len(ranked)):]
	}
}
