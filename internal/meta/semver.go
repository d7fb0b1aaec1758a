package meta

import (
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
)

const (
	// maxVersionLength and maxVersionNumber are node-semver's limits.
	maxVersionLength = 256
	maxVersionNumber = 1<<53 - 1
)

// parseSemver reads strict SemVer 2 the way node-semver does: one leading v
// and surrounding blanks are tolerated, other spellings are not.
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

// plain is the version without a leading v and without build metadata.
func plain(v *semver.Version) string {
	s := strconv.FormatUint(v.Major(), 10) + "." + strconv.FormatUint(v.Minor(), 10) + "." + strconv.FormatUint(v.Patch(), 10)
	if v.Prerelease() != "" {
		s += "-" + v.Prerelease()
	}
	return s
}
