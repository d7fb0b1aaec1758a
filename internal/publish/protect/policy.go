package protect

import (
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// version matches a full version, which is three numbers with an optional SemVer
// suffix. A tag cannot contain "+", so the character before the build metadata is "-"
// or "_". A tag with a full version names one release permanently. All other tags,
// such as "latest", "1", "1.2" or the name of a branch, can move.
var version = lazy.Regexp(`^v?\d+\.\d+\.\d+([-_.][0-9A-Za-z._-]+)?$`)

// Moves reports whether a tag is a moving tag, which means that it is not a full
// version.
func Moves(tag string) bool { return !version().MatchString(tag) }

// Forbids reports whether a tag that exists must not be written. The parameter "same" is
// true if the tag already points at the digest of this run.
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
