package protect

import (
	"regexp"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// version is a full one: three numbers, and what SemVer allows behind them
// where a tag allows it too (the plus of a build is written - or _ there). It
// names one release for good; all else (latest, 1, 1.2, a branch) is a pointer
// that moves.
var version = regexp.MustCompile(`^v?\d+\.\d+\.\d+([-_.][0-9A-Za-z._-]+)?$`)

// Moves reports whether a tag is of the class that is made to move.
func Moves(tag string) bool { return !version.MatchString(tag) }

// Forbids reports whether a tag that exists must not be written. Same says
// that it points at the right digest already.
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
