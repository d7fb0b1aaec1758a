package meta

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Tag is a name to point at the image.
type Tag struct {
	Name string
	// Moving is set for a name that later builds are expected to take over
	// (latest, 1.2, a branch), and not for one that names a single build (a
	// full version, a commit).
	Moving bool
}

// MaxTagLength is the longest tag the distribution-spec allows, in characters.
const MaxTagLength = 128

var (
	// grammar is the distribution-spec's, "Pulling manifests".
	grammar = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	foreign = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
)

// ValidTag reports whether a registry accepts the name: at most 128 of
// A-Z a-z 0-9 _ . - that do not begin with a dot or a dash.
func ValidTag(name string) bool { return grammar.MatchString(name) }

// sanitize is docker/metadata-action's: each run of characters that no tag may
// have becomes one dash. The result may still be no valid tag.
func sanitize(s string) string { return foreign.ReplaceAllString(s, "-") }

// refTag makes a tag that is valid out of a branch or tag name, for our own
// defaults. Of a name that is too long, or of which nothing is left, the
// beginning of its hash tells it apart from others.
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

// checkTag explains why a rule's result is no tag; nil if it is one.
func checkTag(name, rule string) error {
	switch {
	case ValidTag(name):
		return nil
	case len(name) > MaxTagLength:
		return diag.Inputf("tags", "tag-too-long",
			"Shorten it in the rule, for instance with type=match and a pattern that keeps the first characters, or with type=sha.",
			"the rule %q gives a tag of %d characters, and registries accept %d: %q", rule, len(name), MaxTagLength, name)
	}
	hint := "Give the rule a prefix that begins with a letter, a digit or an underscore, as in prefix=b."
	if strings.HasPrefix(rule, "#") {
		hint = "If it is a comment, take the blanks before the # away: comments begin a line."
	}
	return diag.Inputf("tags", "tag-invalid", hint,
		"the rule %q gives %q, which no registry accepts: a tag begins with a letter, a digit or an underscore", rule, name)
}
