package meta

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Tag is a name that points at the image.
type Tag struct {
	Name string
	// Moving is true for a name that later builds are expected to move, such as
	// latest, 1.2 or a branch. It is false for a name of a single build, such
	// as a full version or a commit.
	Moving bool
}

// MaxTagLength is the length of the longest tag that the distribution-spec
// allows, in characters.
const MaxTagLength = 128

var (
	// tagGrammar is the grammar of tags in the distribution-spec, "Pulling
	// manifests".
	tagGrammar = lazy.Regexp(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	invalidRun = lazy.Regexp(`[^A-Za-z0-9._-]+`)
)

// ValidTag reports whether a registry accepts the name. A valid name has at
// most 128 characters of A-Z a-z 0-9 _ . - and does not start with a dot or a
// dash.
func ValidTag(name string) bool { return tagGrammar().MatchString(name) }

// sanitize replaces each run of characters that are invalid in a tag by one
// dash, as docker/metadata-action does. The result can still be an invalid tag.
func sanitize(s string) string { return invalidRun().ReplaceAllString(s, "-") }

// refTag converts the name of a branch or tag into a valid tag, for the default
// rules. If the name is too long, or has no valid characters, refTag appends
// the start of the name's hash to keep the tag unique.
func refTag(name string) string {
	s := strings.TrimLeft(sanitize(name), ".-")
	if ValidTag(s) {
		return s
	}
	sum := sha256.Sum256([]byte(name))
	mark := "-" + hex.EncodeToString(sum[:4])
	if s == "" {
		return "ref" + mark
	}
	return s[:MaxTagLength-len(mark)] + mark
}

// tagStart states the rule for the first character of a tag.
const tagStart = "A tag begins with a letter, a digit or an underscore."

// tagError returns the error about a name that is not a valid tag. The subject contains
// the name.
func tagError(name, subject, hint string) error {
	if len(name) > MaxTagLength {
		return diag.Inputf("tags", CodeTagTooLong, hint, "%s has %d characters, but registries accept only %d", subject, len(name), MaxTagLength)
	}
	return diag.Inputf("tags", CodeTagInvalid, hint, "%s begins with %q", subject, name[:1])
}

// maxShown is the number of characters of a tag that a title contains.
const maxShown = 40

// shortened returns the first characters of a tag that is too long for a title.
func shortened(name string) string {
	if len(name) <= MaxTagLength {
		return name
	}
	return name[:maxShown] + "…"
}
