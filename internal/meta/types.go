package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

// evaluate returns the outcome of the rule for the event.
func (e *engine) evaluate(r rule) (outcome, error) {
	switch r.kind {
	case "schedule":
		return e.schedule(r)
	case "semver":
		return e.semver(r)
	case "pep440":
		return e.pep440(r)
	case "match":
		return e.match(r)
	case "edge":
		return e.edge(r)
	case "ref":
		return e.ref(r)
	case "sha":
		return e.sha(r)
	case "chart":
		return e.chart(), nil
	}
	return e.raw(r)
}

// enabled evaluates the attribute "enable" of the rule.
func (e *engine) enabled(r rule) (bool, error) {
	s, err := e.expand(r.attrs["enable"], "tags", r.text)
	if err != nil {
		return false, err
	}
	if s != "true" && s != "false" {
		return false, r.invalid(CodeTagEnable, enableHint(r.attrs["enable"], s), "%s has enable=%q", s)
	}
	return s == "true", nil
}

// enableHint returns the hint for a value of the attribute "enable" that is
// neither true nor false.
func enableHint(written, value string) string {
	const rule = "The attribute enable must evaluate to true or false, as in enable={{is_default_branch}} or enable=${{ github.ref == 'refs/heads/main' }}."
	switch {
	case value == "":
		return "If the value is an expression of GitHub, compare the expression with another value, because its result is empty. " + rule
	case strings.Contains(written, "!{{"):
		return "The expressions of the tag language have no operators. Write enable={{is_not_default_branch}}, or use an expression of GitHub. " + rule
	case strings.Contains(written, "{{"):
		return rule
	case globalScope.has(value):
		return fmt.Sprintf("Write enable={{%s}}.", value)
	case strings.HasPrefix(value, "github."), strings.ContainsAny(value, "=!&|"):
		return fmt.Sprintf("Write enable=${{ %s }}, so that the runner evaluates the condition.", value)
	}
	if question := nearest.Question(value, []string{"true", "false"}); question != "" {
		return question + " " + rule
	}
	return rule
}

// affixes contains the evaluated prefix and suffix of a value.
type affixes struct{ prefix, suffix string }

// affixes evaluates the prefix and the suffix of the rule. If the rule does not have one
// of these attributes, the method "affixes" evaluates the same attribute of the flavor.
func (e *engine) affixes(r rule) (affixes, error) {
	prefix, err := e.affix(r, "prefix", e.flavor.prefix)
	if err != nil {
		return affixes{}, err
	}
	suffix, err := e.affix(r, "suffix", e.flavor.suffix)
	return affixes{prefix, suffix}, err
}

func (e *engine) affix(r rule, key, general string) (string, error) {
	if own, ok := r.attrs[key]; ok {
		return e.expand(own, "tags", r.text)
	}
	return e.expand(general, "flavor", general)
}

func (e *engine) schedule(r rule) (outcome, error) {
	if !strings.Contains(e.c.Event.Name, "schedule") {
		return skip(fmt.Sprintf("the event %s is not a schedule", e.c.Event.Name)), nil
	}
	s, err := expandIn(r.attrs["pattern"], e.dates(), "tags", r.text)
	return outcome{value: s, moving: !strings.Contains(r.attrs["pattern"], "date")}, err
}

func (e *engine) edge(r rule) (outcome, error) {
	on, ok := strings.CutPrefix(e.c.Event.Ref, "refs/heads/")
	if !ok {
		return skip(fmt.Sprintf("the ref %s is not a branch", e.c.Event.Ref)), nil
	}
	branch := r.attrs["branch"]
	if branch == "" {
		repository, err := e.repo()
		if err != nil {
			return outcome{}, err
		}
		branch = repository.DefaultBranch
	}
	if on != branch {
		return skip(fmt.Sprintf("the branch %s is not the branch %s", on, branch)), nil
	}
	e.warnDefaultBranch(r)
	return outcome{value: "edge", moving: true}, nil
}

func (e *engine) ref(r rule) (outcome, error) {
	ref := e.c.Event.Ref
	switch r.attrs["event"] {
	case "branch":
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			e.warnDefaultBranch(r)
			return outcome{value: name, moving: true}, nil
		}
		return skip(fmt.Sprintf("the ref %s is not a branch", ref)), nil
	case "tag":
		name, ok := strings.CutPrefix(ref, "refs/tags/")
		if !ok {
			return skip(fmt.Sprintf("the ref %s is not a Git tag", ref)), nil
		}
		n := e.parseOnce("semver", name, readSemver)
		return outcome{value: name, latest: true, series: fullVersion, version: n.release}, nil
	}
	if name, ok := strings.CutPrefix(ref, "refs/pull/"); ok {
		return outcome{value: strings.TrimSuffix(name, "/merge"), moving: true}, nil
	}
	return skip(fmt.Sprintf("the ref %s is not a pull request", ref)), nil
}

func (e *engine) raw(r rule) (outcome, error) {
	if e.in.Strict {
		if o, ok, err := e.literal(r); ok || err != nil {
			return o, err
		}
	}
	s, err := e.expand(r.attrs["value"], "tags", r.text)
	_, full := parseSemver(s)
	return outcome{value: s, moving: !full, series: fullVersion}, err
}

func (e *engine) sha(r rule) (outcome, error) {
	if e.c.Event.SHA == "" {
		return skip("the event has no commit"), nil
	}
	e.warnOtherCommit(r)
	if r.attrs["format"] == "long" {
		return outcome{value: e.c.Event.SHA, series: fullVersion}, nil
	}
	short, err := e.shortSHA()
	return outcome{value: short, series: fullVersion}, err
}
