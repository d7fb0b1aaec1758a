package meta

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
)

const (
	// maxVersionLength and maxVersionNumber are the limits of node-semver.
	maxVersionLength = 256
	maxVersionNumber = 1<<53 - 1
)

// parseSemver parses a version of strict SemVer 2 as node-semver does.
// parseSemver also accepts one leading v and surrounding blanks.
func parseSemver(text string) (*semver.Version, bool) {
	if len(text) > maxVersionLength {
		return nil, false
	}
	v, err := semver.StrictNewVersion(strings.TrimPrefix(trimJS(text), "v"))
	if err != nil || max(v.Major(), v.Minor(), v.Patch()) > maxVersionNumber {
		return nil, false
	}
	return v, true
}

// plain returns the text of a version without a leading v and without build
// metadata.
func plain(v *semver.Version) string {
	s := strconv.FormatUint(v.Major(), 10) + "." + strconv.FormatUint(v.Minor(), 10) + "." + strconv.FormatUint(v.Patch(), 10)
	if v.Prerelease() != "" {
		s += "-" + v.Prerelease()
	}
	return s
}

var (
	fewNumbers  = regexp.MustCompile(`^(v?\d+)(\.\d+)?$`)
	manyNumbers = regexp.MustCompile(`^v?\d+(\.\d+){3,}`)
)

// semverHint returns the hint for a text that is not a SemVer version.
func semverHint(text string) string {
	const form = "A SemVer version has the form MAJOR.MINOR.PATCH, as in 1.2.3 or 1.2.3-rc.1. See https://semver.org."
	switch m := fewNumbers.FindStringSubmatch(trimJS(text)); {
	case m != nil && m[2] == "":
		return fmt.Sprintf("%s Write %s.0.0.", form, m[1])
	case m != nil:
		return fmt.Sprintf("%s Write %s%s.0.", form, m[1], m[2])
	case manyNumbers.MatchString(text):
		return form + " For versions with more numbers, use type=pep440 or type=match."
	}
	return form
}
