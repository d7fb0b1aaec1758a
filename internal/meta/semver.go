package meta

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

const (
	// maxVersionLength and maxVersionNumber are the limits of node-semver.
	maxVersionLength = 256
	maxVersionNumber = 1<<53 - 1
)

// semverVersion is a version of SemVer 2. The field "plain" contains the version without
// a leading v and without build metadata. The fields prerelease and build contain no
// leading "-" or "+".
type semverVersion struct {
	plain             string
	numbers           [3]uint64 // major, minor and patch
	prerelease, build string
}

// parseSemver parses a version of strict SemVer 2 as node-semver does.
// parseSemver also accepts one leading v and surrounding blanks.
func parseSemver(text string) (semverVersion, bool) {
	if len(text) > maxVersionLength {
		return semverVersion{}, false
	}
	text = "v" + strings.TrimPrefix(trimJS(text), "v")
	build := semver.Build(text)
	canonical := semver.Canonical(text)
	// Canonical adds the numbers that are missing in v1 and in v1.2.
	if canonical == "" || canonical+build != text {
		return semverVersion{}, false
	}
	prerelease := semver.Prerelease(text)
	v := semverVersion{
		plain:      canonical[1:],
		prerelease: strings.TrimPrefix(prerelease, "-"),
		build:      strings.TrimPrefix(build, "+"),
	}
	core := strings.TrimSuffix(v.plain, prerelease)
	for i, number := range strings.Split(core, ".") {
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil || n > maxVersionNumber {
			return semverVersion{}, false
		}
		v.numbers[i] = n
	}
	return v, true
}

var (
	fewNumbers  = lazy.Regexp(`^(v?\d+)(\.\d+)?$`)
	manyNumbers = lazy.Regexp(`^v?\d+(\.\d+){3,}`)
)

// semverHint returns the hint for a text that is not a SemVer version.
func semverHint(text string) string {
	const form = "A SemVer version has the form MAJOR.MINOR.PATCH, as in 1.2.3 or 1.2.3-rc.1. See https://semver.org."
	switch m := fewNumbers().FindStringSubmatch(trimJS(text)); {
	case m != nil && m[2] == "":
		return fmt.Sprintf("%s Write %s.0.0.", form, m[1])
	case m != nil:
		return fmt.Sprintf("%s Write %s%s.0.", form, m[1], m[2])
	case manyNumbers().MatchString(text):
		return form + " For versions with more numbers, use type=pep440 or type=match."
	}
	return form
}
