package meta

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/pep440"
)

// versionSource returns the text that a version rule parses. The parsed text is the value
// of the rule, the input "version", or the Git tag.
func (e *engine) versionSource(r rule) (text, skipped string, err error) {
	name, tagged := strings.CutPrefix(e.c.Event.Ref, "refs/tags/")
	switch {
	case r.attrs["value"] != "":
		text, err = e.expand(r.attrs["value"], "tags", r.text)
	case e.in.Version != "" && r.kind != "match":
		text = trimJS(e.in.Version)
	case tagged:
		text = name
	case r.hasEmpty("value"):
		return "", fmt.Sprintf("the value is empty, and the ref %s is not a Git tag", e.c.Event.Ref), nil
	default:
		return "", fmt.Sprintf("the ref %s is not a Git tag (set the input version, or the attribute value of the rule)", e.c.Event.Ref), nil
	}
	return text, "", err
}

// versionText returns the text of versionSource. If the pattern of the attribute
// "match" matches this text, versionText returns only the part in the first
// group. versionText replaces each slash by a dash.
func (e *engine) versionText(r rule) (text, skipped string, err error) {
	text, skipped, err = e.versionSource(r)
	if err != nil || skipped != "" {
		return "", skipped, err
	}
	if pattern := r.attrs["match"]; pattern != "" {
		groups, err := e.find(r, pattern, "", text)
		if err != nil {
			return "", "", err
		}
		switch {
		case groups == nil:
			e.warn(CodeTagNoMatch, fmt.Sprintf("the pattern %s does not match %s", pattern, text), fmt.Sprintf("The rule %q uses the complete text %q.", r.text, text))
		case len(groups) < 2 || !groups[1].Set:
			return "", "", diag.Inputf("tags", CodeTagMatchGroup, matchGroupHint,
				"the rule %s has match=%s, but the pattern has no group, or its first group matches no part of %q", inQuotes(r.text), inQuotes(pattern), text)
		default:
			text = groups[1].Text
		}
	}
	return strings.ReplaceAll(text, "/", "-"), "", nil
}

const matchGroupHint = `Write parentheses around the version in the pattern, as in match=v(\d+\.\d+\.\d+).`

// parsedVersion is the result of parsing a text as a version. The keys of the map
// "fields" are the names that a pattern can use. The fields "stable" and "release"
// determine whether the tag "latest" moves.
type parsedVersion struct {
	valid   bool
	fields  handlebars.Object
	stable  bool
	release *release
}

// parseOnce returns the parsed version of a text. parseOnce parses each text
// only once, because most rules parse the same text.
func (e *engine) parseOnce(kind, text string, parse func(string) parsedVersion) parsedVersion {
	key := kind + " " + text
	n, ok := e.parsedVersions[key]
	if !ok {
		n = parse(text)
		e.parsedVersions[key] = n
	}
	return n
}

func (e *engine) semver(r rule) (outcome, error) {
	text, skipped, err := e.versionText(r)
	if err != nil || skipped != "" {
		return skip(skipped), err
	}
	n := e.parseOnce(r.kind, text, readSemver)
	if !n.valid {
		why := fmt.Sprintf("%s is not a valid SemVer version", text)
		e.warn(CodeNotSemver, why, fmt.Sprintf("The rule %q gives no tag. %s", r.text, semverHint(text)))
		return skip(why), nil
	}
	return version(r, n)
}

// readSemver parses a SemVer version. The fields of the result are the fields of
// node-semver's object.
func readSemver(text string) parsedVersion {
	v, ok := parseSemver(text)
	if !ok {
		return parsedVersion{}
	}
	fields := handlebars.Object{
		"raw": text, "version": v.plain,
		"major": float64(v.numbers[0]), "minor": float64(v.numbers[1]), "patch": float64(v.numbers[2]),
		"prerelease": dotted(v.prerelease), "build": dotted(v.build),
		"loose": true, "includePrerelease": false, "options": handlebars.Object{"loose": true},
	}
	return parsedVersion{valid: true, fields: fields, stable: v.prerelease == "", release: semverRelease(v)}
}

func dotted(s string) []any {
	out := []any{}
	if s == "" {
		return out
	}
	for _, part := range strings.Split(s, ".") {
		out = append(out, part)
	}
	return out
}

func (e *engine) pep440(r rule) (outcome, error) {
	text, skipped, err := e.versionText(r)
	if err != nil || skipped != "" {
		return skip(skipped), err
	}
	n := e.parseOnce(r.kind, text, readPEP440)
	if !n.valid {
		why := fmt.Sprintf("%s is not a valid version of PEP 440", text)
		e.warn(CodeNotPEP440, why, fmt.Sprintf("The rule %q gives no tag. A version of PEP 440 begins with numbers, as in 1.2.3 or 1.2.3rc1. See https://peps.python.org/pep-0440/.", r.text))
		return skip(why), nil
	}
	return version(r, n)
}

// readPEP440 parses a version of PEP 440. The fields of the result are the names
// that a pattern of type=pep440 can use.
func readPEP440(text string) parsedVersion {
	v, ok := pep440.Parse(text)
	if !ok {
		return parsedVersion{}
	}
	fields := handlebars.Object{
		"raw": constant(text), "version": constant(v.String()),
		"major": constant(count(v.Part(0))), "minor": constant(count(v.Part(1))), "patch": constant(count(v.Part(2))),
	}
	return parsedVersion{valid: true, fields: fields, stable: v.Stable(), release: pep440Release(v)}
}

func constant(v any) handlebars.Func {
	return func(handlebars.Call) (any, error) { return v, nil }
}

// The function "count" returns an int if JavaScript can represent the number exactly. The
// type is important, because {{#if minor}} must treat the number 0 as false. For all
// other numbers, count returns the digits.
func count(digits string) any {
	if n, err := strconv.Atoi(digits); err == nil && n <= maxVersionNumber {
		return n
	}
	return digits
}

// version evaluates the pattern of a version rule. For an unstable version, the result is
// the full version, unless the pattern is {{raw}}. For the pattern {{raw}}, the result is
// the text that the program parsed as a version.
func version(r rule, v parsedVersion) (outcome, error) {
	t, err := handlebars.Parse(r.attrs["pattern"])
	if !v.stable {
		if err != nil || !t.Only("raw") {
			t, _ = handlebars.Parse("{{{version}}}")
		}
		s, err := t.Execute(v.fields)
		return outcome{value: s, series: fullVersion}, err
	}
	var s string
	if err == nil {
		s, err = t.Execute(v.fields)
	}
	if err != nil {
		return outcome{}, expressionError("tags", r.text, r.attrs["pattern"], err)
	}
	n := series(t)
	return outcome{value: s, latest: true, version: v.release, series: n, moving: n != fullVersion}, nil
}

// series returns 2 for a pattern that gives a tag such as 1.4, 1 for a tag such as 1, and
// 0 for a tag without a number. For a complete version, series returns fullVersion.
func series(t *handlebars.Template) int {
	switch {
	case t.Mentions("version"), t.Mentions("raw"), t.Mentions("patch"):
		return fullVersion
	case t.Mentions("minor"):
		return 2
	case t.Mentions("major"):
		return 1
	}
	return 0
}
