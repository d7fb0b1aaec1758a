// Package pep440 reads Python version numbers by the regular expression of
// PEP 440, appendix B, and normalises them as Renovate's library does, which is
// the one docker/metadata-action uses.
//
// It knows versions only: no specifiers. It is not
// github.com/aquasecurity/go-pep440-version, which accepts surrounding blanks,
// keeps parsed numbers as strings, and joins local segments with dots where the
// original prints commas.
package pep440

import (
	"regexp"
	"strconv"
	"strings"
)

// pattern is PEP 440's, anchored; letters match in either case.
var pattern = regexp.MustCompile(`(?i)^v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)` +
	`(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<preN>[0-9]+)?)?` +
	`(?P<post>-(?P<postN1>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<postN2>[0-9]+)?)?` +
	`(?P<dev>[-_.]?dev[-_.]?(?P<devN>[0-9]+)?)?` +
	`(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`)

// maxLength bounds the work; the longest real version has some 60 characters.
const maxLength = 256

// Version is a valid version. Numbers have no leading zeros.
type Version struct {
	Raw     string
	Epoch   string
	Release []string
	// Pre, Post and Dev are normalised ("rc2", "post1", "dev0") or empty.
	Pre, Post, Dev string
	Local          []string
}

// Parse reports false for what is no version. A leading v is allowed, blanks
// are not.
func Parse(s string) (Version, bool) {
	if len(s) > maxLength {
		return Version{}, false
	}
	m := pattern.FindStringSubmatch(s)
	if m == nil {
		return Version{}, false
	}
	group := func(name string) string { return m[pattern.SubexpIndex(name)] }
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

// Stable reports whether the version is neither a pre-, post- nor development
// release.
func (v Version) Stable() bool { return v.Pre == "" && v.Post == "" && v.Dev == "" }

// String is the normal form, its local segments joined with commas.
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

// Part is a number of the release: 0 the major one, 1 the minor one, and so
// on. Missing parts are 0.
func (v Version) Part(i int) string {
	if i < len(v.Release) {
		return v.Release[i]
	}
	return "0"
}

// number strips leading zeros; nothing is 0.
func number(s string) string {
	if s = strings.TrimLeft(s, "0"); s != "" {
		return s
	}
	return "0"
}

// localPart strips leading zeros of a segment that is a number.
func localPart(s string) string {
	if _, err := strconv.ParseUint(s, 10, 64); err == nil {
		return number(s)
	}
	return s
}

// letters is the normal spelling of a pre-release's name.
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
