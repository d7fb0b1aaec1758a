package meta

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/jsre"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/pep440"
)

// subject is the text that a version rule reads: its value, the input version,
// or the git tag.
func (e *engine) subject(r rule) (text, skipped string, err error) {
	name, tagged := strings.CutPrefix(e.c.Event.Ref, "refs/tags/")
	switch {
	case r.attrs["value"] != "":
		text, err = e.expand(r.attrs["value"], "tags", r.text)
	case e.in.Version != "" && r.kind != "match":
		text = trimJS(e.in.Version)
	case tagged:
		text = name
	default:
		return "", fmt.Sprintf("ref %s is no tag; set the input version, or value= in the rule", e.c.Event.Ref), nil
	}
	return text, "", err
}

// versionText is a subject narrowed by the attribute match.
func (e *engine) versionText(r rule) (text, skipped string, err error) {
	text, skipped, err = e.subject(r)
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
			e.warn("tag-no-match", fmt.Sprintf("%s does not match %s", pattern, text), fmt.Sprintf("The rule %q reads %q as it is.", r.text, text))
		case len(groups) < 2 || !groups[1].Set:
			return "", "", diag.Inputf("tags", "tag-match-group", `Put parentheses around the version in the pattern, as in match=v(\d+\.\d+\.\d+).`,
				"the rule %q has match=%q, whose first group matches nothing of %q", r.text, pattern, text)
		default:
			text = groups[1].Text
		}
	}
	return strings.ReplaceAll(text, "/", "-"), "", nil
}

func (e *engine) semver(r rule) (outcome, error) {
	text, skipped, err := e.versionText(r)
	if err != nil || skipped != "" {
		return skip(skipped), err
	}
	v, ok := parseSemver(text)
	if !ok {
		why := fmt.Sprintf("%s is not a valid semver", text)
		e.warn("not-semver", why, fmt.Sprintf("The rule %q gives no tag. See https://semver.org.", r.text))
		return skip(why), nil
	}
	return version(r, semverFields(v, text), v.Prerelease() == "", semverRelease(v))
}

// semverFields are the expressions of a semver pattern: the fields of
// node-semver's object.
func semverFields(v *semver.Version, raw string) handlebars.Object {
	return handlebars.Object{
		"raw": raw, "version": plain(v),
		"major": float64(v.Major()), "minor": float64(v.Minor()), "patch": float64(v.Patch()),
		"prerelease": dotted(v.Prerelease()), "build": dotted(v.Metadata()),
		"loose": true, "includePrerelease": false, "options": handlebars.Object{"loose": true},
	}
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
	v, ok := pep440.Parse(text)
	if !ok {
		why := fmt.Sprintf("%s does not conform to PEP 440", text)
		e.warn("not-pep440", why, fmt.Sprintf("The rule %q gives no tag. See https://peps.python.org/pep-0440/.", r.text))
		return skip(why), nil
	}
	fields := handlebars.Object{
		"raw": constant(text), "version": constant(v.String()),
		"major": constant(count(v.Part(0))), "minor": constant(count(v.Part(1))), "patch": constant(count(v.Part(2))),
	}
	return version(r, fields, v.Stable(), pep440Release(v))
}

func constant(v any) handlebars.Func {
	return func(handlebars.Call) (any, error) { return v, nil }
}

// count is a number where JavaScript has an exact one, so that {{#if minor}}
// tells 0 from others.
func count(digits string) any {
	if n, err := strconv.Atoi(digits); err == nil && n <= maxVersionNumber {
		return n
	}
	return digits
}

// version applies the pattern of a version rule. What is no stable version
// gives the version in full whatever the pattern, or the text it came from if
// the pattern is {{raw}}.
func version(r rule, fields handlebars.Object, stable bool, v *release) (outcome, error) {
	t, err := handlebars.Parse(r.attrs["pattern"])
	if !stable {
		if err != nil || !t.Only("raw") {
			t, _ = handlebars.Parse("{{{version}}}")
		}
		s, err := t.Execute(fields)
		return outcome{value: s, series: pinned}, err
	}
	var s string
	if err == nil {
		s, err = t.Execute(fields)
	}
	if err != nil {
		return outcome{}, expressionError("tags", r.text, r.attrs["pattern"], err)
	}
	n := series(t)
	return outcome{value: s, latest: true, version: v, series: n, tag: Tag{Moving: n != pinned}}, nil
}

// series is how many numbers of a version the pattern prints.
func series(t *handlebars.Template) int {
	switch {
	case t.Mentions("version"), t.Mentions("raw"), t.Mentions("patch"):
		return pinned
	case t.Mentions("minor"):
		return 2
	case t.Mentions("major"):
		return 1
	}
	return 0
}

func (e *engine) match(r rule) (outcome, error) {
	text, skipped, err := e.subject(r)
	if err != nil || skipped != "" {
		return skip(skipped), err
	}
	pattern, flags := slashed(r.attrs["pattern"])
	groups, err := e.find(r, pattern, flags, text)
	if err != nil {
		return outcome{}, err
	}
	if groups == nil {
		why := fmt.Sprintf("%s does not match %s", r.attrs["pattern"], text)
		e.warn("tag-no-match", why, fmt.Sprintf("The rule %q gives no tag.", r.text))
		return skip(why), nil
	}
	value, ok := pick(groups, r.attrs["group"])
	if !ok {
		why := fmt.Sprintf("group %s of %s matches nothing", r.attrs["group"], r.attrs["pattern"])
		e.warn("tag-no-group", why, fmt.Sprintf("The rule %q gives no tag.", r.text))
		return skip(why), nil
	}
	o := outcome{value: value, latest: true, tag: Tag{Moving: true}, series: pinned}
	if v, full := parseSemver(value); full {
		o.tag.Moving, o.version = false, semverRelease(v)
	}
	return o, nil
}

// slashed splits /pattern/flags; without slashes all is pattern.
func slashed(s string) (pattern, flags string) {
	end := strings.LastIndexByte(s, '/')
	if !strings.HasPrefix(s, "/") || end < 2 || strings.ContainsAny(s, "\n\r\u2028\u2029") {
		return s, ""
	}
	return s[1:end], s[end+1:]
}

// pick finds the group by its index as it is written: 01 is not 1.
func pick(groups []jsre.Group, index string) (string, bool) {
	for i, g := range groups {
		if fmt.Sprint(i) == index {
			return g.Text, g.Set
		}
	}
	return "", false
}

// find matches a pattern within the time left for all of them.
func (e *engine) find(r rule, pattern, flags, text string) ([]jsre.Group, error) {
	re, err := e.compile(pattern, flags)
	if err != nil {
		return nil, patternError(r, pattern, err)
	}
	if e.patience <= 0 {
		return nil, patternError(r, pattern, jsre.ErrTimeout)
	}
	start := time.Now()
	groups, err := re.Match(text, e.patience)
	e.patience -= time.Since(start)
	if err != nil {
		return nil, patternError(r, pattern, err)
	}
	return groups, nil
}

// compile reads each pattern once.
func (e *engine) compile(pattern, flags string) (*jsre.Regexp, error) {
	key := flags + "/" + pattern
	if re, ok := e.patterns[key]; ok {
		return re, nil
	}
	re, err := jsre.Compile(pattern, flags)
	if err == nil {
		e.patterns[key] = re
	}
	return re, err
}

func patternError(r rule, pattern string, err error) error {
	d := diag.Inputf("tags", "tag-pattern", "Patterns are JavaScript's regular expressions. One that holds a comma goes in three double quotes at each end of the field.",
		"the rule %q has the pattern %q", r.text, pattern)
	if errors.Is(err, jsre.ErrTimeout) {
		d.Hint = "A repeated group that itself repeats, as in (a+)+, can take forever: write it without one of the two."
	}
	d.Err = err
	return d
}
