package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/meta/pep440"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// noticeVersionInGitTag adds a notice if a Git tag contains a version that the
// default rules do not accept. The notice shows a rule that accepts the version.
func (e *engine) noticeVersionInGitTag() {
	tag := e.gitTag()
	if tag == "" || len(e.result.Tags) == 0 || trimJS(e.in.Version) != "" || e.in.Chart != "" || e.noVersionReason() == "" {
		return
	}
	cure := versionCure(tag)
	if cure == "" {
		return
	}
	e.notice(CodeGitTagVersion, fmt.Sprintf("The Git tag %s gives only the tag %s, and no version tags", tag, e.result.Version),
		fmt.Sprintf("The default rules find a version only in a Git tag of the form 1.2.3 or v1.2.3 (https://semver.org). To publish the version and latest, set %s.", cure))
}

var (
	// versionStart matches the positions in a Git tag at which a version can
	// start.
	versionStart = lazy.Regexp(`(?:^|[^0-9.]\.?)([0-9]+)`)
	// dottedNumbers matches the part of a Git tag that resembles a version, as in
	// 1.2.3.RELEASE.
	dottedNumbers = lazy.Regexp(`(?:^|[^0-9.]\.?)[0-9]+(\.[0-9]+)+`)
	// unreleased matches the names of development builds, such as nightly-20240105. The
	// numbers in such names are usually dates. A name such as devtools-1.2.3 contains the
	// letters only as a part of a word, and is the name of a component.
	unreleased = lazy.Regexp(`(?i)(?:^|[^a-z])(?:nightly|daily|weekly|snapshot|canary|edge|build|test|dev)(?:[^a-z]|$)`)
)

// separated matches a Git tag with dashes or underscores between its numbers,
// such as REL_16_2 or v1-2-3.
var separated = lazy.Regexp(`(?i)^(?:v|rel|release|ver|version)?[-_./]?([0-9]+)[-_]([0-9]+)(?:[-_]([0-9]+))?$`)

// versionCure returns the input that extracts the version from a Git tag.
// versionCure returns "" if the Git tag contains no version.
func versionCure(tag string) string {
	if m := separated().FindStringSubmatch(tag); m != nil {
		return fmt.Sprintf("version: %s.%s.%s", number(m[1]), number(m[2]), number(m[3]))
	}
	if unreleased().MatchString(tag) {
		return ""
	}
	for _, cure := range []func(text, match string) string{semverCure, pep440Cure} {
		for _, m := range versionStart().FindAllStringSubmatchIndex(tag, -1) {
			if rule := cure(tag[m[2]:], matchAfter(tag[:m[2]])); rule != "" {
				return "tags: " + rule
			}
		}
	}
	if dottedNumbers().MatchString(tag) {
		return `tags: type=match,pattern=\d+(\.\d+)+`
	}
	return ""
}

// matchAfter returns the attribute "match" of a rule for a Git tag with a prefix
// before the version. matchAfter returns "" if the rule accepts the prefix
// without this attribute.
func matchAfter(prefix string) string {
	if prefix == "" || prefix == "v" {
		return ""
	}
	return ",match=" + literalPattern(prefix) + "(.*)"
}

// special matches the characters that have a special meaning in a regular expression or
// in the input "tags".
var special = lazy.Regexp(`[^A-Za-z0-9/_-]`)

// literalPattern returns a regular expression that matches a text. The regular
// expression contains a dot for each character that a rule cannot contain.
func literalPattern(text string) string {
	return special().ReplaceAllStringFunc(text, func(c string) string {
		if c == "." {
			return `\.`
		}
		return "."
	})
}

func semverCure(text, match string) string {
	if _, ok := parseSemver(text); !ok || match == "" {
		return ""
	}
	return "type=semver,pattern={{version}}" + match
}

// pep440Cure returns a rule for a version that is not SemVer, such as 0.29 or
// 2024.01.05. pep440Cure keeps leading zeros of numbers.
func pep440Cure(text, match string) string {
	v, ok := pep440.Parse(text)
	if !ok || len(v.Release) < 2 && (match != "" || !plainNumbers().MatchString(text)) {
		return ""
	}
	if v.String() != text {
		if match == "" {
			match = ",match=v?(.*)"
		}
		return "type=pep440,pattern={{raw}}" + match
	}
	return "type=pep440,pattern={{version}}" + match
}

// number returns a number without leading zeros, as SemVer requires. For an
// empty text, number returns 0.
func number(digits string) string {
	if n := strings.TrimLeft(digits, "0"); n != "" {
		return n
	}
	return "0"
}
