package meta

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/meta/handlebars"
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

// numbered is a text read as a version: the expressions of a pattern, and
// what latest depends on.
type numbered struct {
	valid   bool
	fields  handlebars.Object
	stable  bool
	release *release
}

// read reads each text once; most rules are about the same one.
func (e *engine) read(kind, text string, parse func(string) numbered) numbered {
	key := kind + " " + text
	n, ok := e.numbers[key]
	if !ok {
		n = parse(text)
		e.numbers[key] = n
	}
	return n
}

func (e *engine) semver(r rule) (outcome, error) {
	text, skipped, err := e.versionText(r)
	if err != nil || skipped != "" {
		return skip(skipped), err
	}
	n := e.read(r.kind, text, readSemver)
	if !n.valid {
		why := fmt.Sprintf("%s is not a valid semver", text)
		e.warn("not-semver", why, fmt.Sprintf("The rule %q gives no tag. See https://semver.org.", r.text))
		return skip(why), nil
	}
	return version(r, n)
}

// readSemver has the fields of node-semver's object.
func readSemver(text string) numbered {
	v, ok := parseSemver(text)
	if !ok {
		return numbered{}
	}
	fields := handlebars.Object{
		"raw": text, "version": plain(v),
		"major": float64(v.Major()), "minor": float64(v.Minor()), "patch": float64(v.Patch()),
		"prerelease": dotted(v.Prerelease()), "build": dotted(v.Metadata()),
		"loose": true, "includePrerelease": false, "options": handlebars.Object{"loose": true},
	}
	return numbered{valid: true, fields: fields, stable: v.Prerelease() == "", release: semverRelease(v)}
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
	n := e.read(r.kind, text, readPEP440)
	if !n.valid {
		why := fmt.Sprintf("%s does not conform to PEP 440", text)
		e.warn("not-pep440", why, fmt.Sprintf("The rule %q gives no tag. See https://peps.python.org/pep-0440/.", r.text))
		return skip(why), nil
	}
	return version(r, n)
}

// readPEP440 has the expressions that a pep440 pattern knows.
func readPEP440(text string) numbered {
	v, ok := pep440.Parse(text)
	if !ok {
		return numbered{}
	}
	fields := handlebars.Object{
		"raw": constant(text), "version": constant(v.String()),
		"major": constant(count(v.Part(0))), "minor": constant(count(v.Part(1))), "patch": constant(count(v.Part(2))),
	}
	return numbered{valid: true, fields: fields, stable: v.Stable(), release: pep440Release(v)}
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
func version(r rule, v numbered) (outcome, error) {
	t, err := handlebars.Parse(r.attrs["pattern"])
	if !v.stable {
		if err != nil || !t.Only("raw") {
			t, _ = handlebars.Parse("{{{version}}}")
		}
		s, err := t.Execute(v.fields)
		return outcome{value: s, series: pinned}, err
	}
	var s string
	if err == nil {
		s, err = t.Execute(v.fields)
	}
	if err != nil {
		return outcome{}, expressionError("tags", r.text, r.attrs["pattern"], err)
	}
	n := series(t)
	return outcome{value: s, latest: true, version: v.release, series: n, moving: n != pinned}, nil
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
