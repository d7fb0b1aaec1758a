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
	// Moving is true for a tag that later builds usually move, such as latest,
	// 1.2 or a branch. Moving is false for the tag of a single build, such as a
	// full version or a commit.
	Moving bool
}

// MaxTagLength is the maximum length of a tag in the distribution-spec, in
// characters.
const MaxTagLength = 128

var (
	// tagGrammar is the grammar of tags (distribution-spec, "Pulling
	// manifests").
	tagGrammar = lazy.Regexp(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	invalidRun = lazy.Regexp(`[^A-Za-z0-9._-]+`)
)

// ValidTag reports whether a registry accepts the name as a tag. A valid tag has
// at most 128 characters, and does not start with a dot or a dash. Letters,
// digits, underscores, dots and dashes are valid characters.
func ValidTag(name string) bool { return tagGrammar().MatchString(name) }

// sanitize replaces each sequence of invalid characters of a tag by one dash, as
// docker/metadata-action does. The result can still be an invalid tag, for
// example because it is too long.
func sanitize(s string) string { return invalidRun().ReplaceAllString(s, "-") }

// refTag converts the name of a branch or of a Git tag to a valid tag for the
// default rules. If the name is too long, or has no valid characters, refTag
// appends the start of the name's hash to keep the tag unique.
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

// tagStart is the sentence in messages about the first character of a tag.
const tagStart = "A tag begins with a letter, a digit or an underscore."

// tagError returns the error for a name that is not a valid tag. The argument "subject"
// contains the name.
func tagError(name, subject, hint string) error {
	if len(name) > MaxTagLength {
		return diag.Inputf("tags", CodeTagTooLong, hint, "%s has %d characters, but registries accept only %d characters", subject, len(name), MaxTagLength)
	}
	return diag.Inputf("tags", CodeTagInvalid, hint, "%s begins with %q", subject, name[:1])
}

// maxShown is the number of characters in a title for a tag that is too long. The title
// contains only the beginning of such a tag.
const maxShown = 40

// shortened returns the text of a tag for a title. For a tag that is too long,
// shortened returns only the first characters.
func shortened(name string) string {
	if len(name) <= MaxTagLength {
		return name
	}
	return name[:maxShown] + "…"
}

// RefTag returns the tag that the default rules give to a branch or to a Git tag.
func RefTag(name string) string { return refTag(name) }

// Sanitize replaces each sequence of characters that a tag cannot contain by one dash.
func Sanitize(name string) string { return sanitize(name) }
