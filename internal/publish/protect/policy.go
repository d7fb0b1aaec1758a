package protect

import (
	"regexp"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// version matches a full version: three numbers, and a SemVer suffix in the
// characters of a tag (a build is separated by - or _ instead of +). Such a tag
// names one release permanently. All other tags, such as latest, 1, 1.2 or a branch,
// move.
var version = regexp.MustCompile(`^v?\d+\.\d+\.\d+([-_.][0-9A-Za-z._-]+)?$`)

// Moves reports whether a tag belongs to the class of moving tags.
func Moves(tag string) bool { return !version.MatchString(tag) }

// Forbids reports whether a tag that exists must not be written. Same reports that
// the tag already points at the digest of this run.
func Forbids(o input.Overwrite, tag string, same bool) bool {
	rule := o.Versions
	if Moves(tag) {
		rule = o.Moving
	}
	switch rule {
	case input.Never:
		return true
	case input.SameDigest:
		return !same
	}
	return false
}
