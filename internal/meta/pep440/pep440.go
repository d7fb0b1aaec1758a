// Package pep440 parses Python versions with the regular expression in PEP 440,
// appendix B. The package normalizes versions as Renovate's library does,
// because docker/metadata-action uses Renovate's library.
//
// The package supports versions, but not version specifiers. The package does
// not use github.com/aquasecurity/go-pep440-version, because that library
// accepts surrounding blanks and joins local segments with dots instead of
// commas.
package pep440

import (
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// pattern is the regular expression of PEP 440 with anchors. The expression is
// not case-sensitive.
var pattern = lazy.Regexp(`(?i)^v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)` +
	`(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<preN>[0-9]+)?)?` +
	`(?P<post>-(?P<postN1>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<postN2>[0-9]+)?)?` +
	`(?P<dev>[-_.]?dev[-_.]?(?P<devN>[0-9]+)?)?` +
	`(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`)

// maxLength is the maximum length of a version in bytes. The maximum length
// limits the time of a match. The longest real version has about 60 characters.
const maxLength = 256

// Version is a valid Python version. The numbers of a Version have no leading
// zeros.
type Version struct {
	Raw     string
	Epoch   string
	Release []string
	// Pre, Post and Dev are normalized, for example "rc2", "post1" and "dev0".
	// Pre, Post and Dev are empty if the version does not have the part.
	Pre, Post, Dev string
	Local          []string
}

// Parse parses a version. Parse returns false for an invalid version. A leading
// v is valid, but blanks are not valid.
func Parse(s string) (Version, bool) {
	if len(s) > maxLength {
		return Version{}, false
	}
	m := pattern().FindStringSubmatch(s)
	if m == nil {
		return Version{}, false
	}
	group := func(name string) string { return m[pattern().SubexpIndex(name)] }
	v := Version{Raw: s, Epoch: number(group("epoch"))}
	for _, n := range strings.Split(group("release"), ".") {
		v.Release = append(v.Release, number(n))
	}
	if group("pre") != "" {
		v.Pre = letters(group("pre")) + number(group("preN"))
	}
	if group("post") != "" {
		v.Post = "post" + number(group("postN1")+group("postN2"))
	}
	if group("dev") != "" {
		v.Dev = "dev" + number(group("devN"))
	}
	if local := group("local"); local != "" {
		v.Local = strings.FieldsFunc(strings.ToLower(local), func(r rune) bool { return strings.ContainsRune("-_.", r) })
		for i, part := range v.Local {
			v.Local[i] = localPart(part)
		}
	}
	return v, true
}

// Stable reports whether the version is neither a prerelease, nor a
// post-release, nor a development release.
func (v Version) Stable() bool { return v.Pre == "" && v.Post == "" && v.Dev == "" }

// String returns the normal form of the version. In this form, commas separate
// the local segments.
func (v Version) String() string {
	var b strings.Builder
	if v.Epoch != "0" {
		b.WriteString(v.Epoch + "!")
	}
	b.WriteString(strings.Join(v.Release, "."))
	b.WriteString(v.Pre)
	for _, part := range []string{v.Post, v.Dev} {
		if part != "" {
			b.WriteString("." + part)
		}
	}
	if len(v.Local) > 0 {
		b.WriteString("+" + strings.Join(v.Local, ","))
	}
	return b.String()
}

// Part returns the number with the index i in the release. The major number has
// the index 0, and the minor number has the index 1. For a missing number, Part
// returns 0.
func (v Version) Part(i int) string {
	if i < len(v.Release) {
		return v.Release[i]
	}
	return "0"
}

// number returns a number without leading zeros. For an empty text, number
// returns 0.
func number(s string) string {
	if s = strings.TrimLeft(s, "0"); s != "" {
		return s
	}
	return "0"
}

// localPart returns a local segment. localPart removes leading zeros if the
// segment is a number.
func localPart(s string) string {
	if _, err := strconv.ParseUint(s, 10, 64); err == nil {
		return number(s)
	}
	return s
}

// letters returns the normal form of a prerelease name.
func letters(s string) string {
	switch s = strings.ToLower(s); s {
	case "alpha":
		return "a"
	case "beta":
		return "b"
	case "c", "pre", "preview":
		return "rc"
	}
	return s
}
