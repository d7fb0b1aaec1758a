package meta

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

var (
	// reservedPart matches a name with a part that a flavor can surround. Examples are
	// 3-alpine, web-4.1 and web-latest. Other names need no list of the tags.
	reservedPart = lazy.Regexp(`(^|[-_.])(v?\d+(\.\d+)*|latest|nightly|pr-\d+|sha-[0-9a-f]+)([-_.]|$)`)
	// reservedWord matches the same names, but no versions.
	reservedWord = lazy.Regexp(`(^|[-_.])(latest|nightly|pr-\d+|sha-[0-9a-f]+)([-_.]|$)`)
	// releaseInTag matches the numbers of a complete version in a tag.
	releaseInTag = lazy.Regexp(`(v?\d+\.\d+)\.\d+`)
)

// ownerInVariants returns the kind of run to which a tag belongs because of the releases
// in the registry. A release with a prefix or a suffix in its flavor publishes, for
// example, 3.1.0-alpine, 3.1-alpine and 3-alpine. The name 3-alpine alone is not
// sufficient, because GitHub names the branch of an issue 12-fix-login. For this reason,
// ownerInVariants looks for the other tags of such a release. The function "of" returns the
// kind of run for a name without the prefix and the suffix of the release.
//
// If the registry does not return its tags, ownerInVariants returns an error, because the
// tag can belong to a release, and a branch must never move such a tag.
func (e *engine) ownerInVariants(tag string, of func(inner string) string) (string, error) {
	tags, err := e.tags()
	if err != nil {
		return "", fmt.Errorf("finding out whether the tag %q belongs to a release: %w", tag, err)
	}
	existing := map[string]bool{}
	for _, t := range tags {
		existing[t] = true
	}
	for _, t := range tags {
		around, ok := variantOf(t, existing)
		if !ok {
			continue
		}
		if inner, ok := around.strip(tag); ok && of(inner) != "" {
			return of(inner), nil
		}
	}
	return "", nil
}

// variantOf returns the prefix and the suffix of a release in the registry. The argument
// "tag" is the tag with the complete version. The result "ok" is false if the registry
// does not have the tag MAJOR.MINOR with the same prefix and suffix, because the tag is
// then possibly the name of a branch, such as release-1.2.3.
func variantOf(tag string, existing map[string]bool) (around affixes, ok bool) {
	at := releaseInTag().FindStringSubmatchIndex(tag)
	if at == nil {
		return affixes{}, false
	}
	around = affixes{tag[:at[0]], tag[at[1]:]}
	if around == (affixes{}) {
		return around, false // The names of such tags need no list.
	}
	minor := tag[at[2]:at[3]]
	return around, slices.ContainsFunc([]string{minor, strings.TrimPrefix(minor, "v")}, func(m string) bool {
		return existing[around.prefix+m+around.suffix]
	})
}
