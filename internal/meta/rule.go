package meta

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// rule is one parsed entry of the input tags.
type rule struct {
	text  string // as the user wrote it
	kind  string
	attrs map[string]string
	order float64 // the priority; NaN if it is not a number
	// skip is the reason why a default rule does not apply, or empty.
	skip string
}

// kinds maps each type to its default priority.
var kinds = map[string]float64{
	"schedule": 1000, "semver": 900, "pep440": 900, "match": 800, "edge": 700, "ref": 600, "raw": 200, "sha": 100,
}

// implied are the rules that docker/metadata-action applies to an empty input
// tags.
var implied = []string{"type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr"}

// parseRules parses the input tags. It returns the rules in the order of
// evaluation.
func parseRules(input string, strict bool) ([]rule, error) {
	items, err := list("tags", input)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		items = implied
	}
	if strict {
		items = splitReferences(items)
	}
	rules := make([]rule, 0, len(items))
	for _, item := range items {
		r, err := parseRule(item)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	sortRules(rules)
	return rules, nil
}

// plain reports whether the rule is a tag without a type, attributes and templates.
func (r rule) plain() bool { return r.text == r.attrs["value"] && !strings.Contains(r.text, "{{") }

func parseRule(item string) (rule, error) {
	all, err := fields("tags", item)
	if err != nil {
		return rule{}, err
	}
	r := rule{text: item, kind: "raw", attrs: make(map[string]string, len(all)+3)}
	for _, f := range all {
		key, value, named := attribute(f)
		switch {
		case !named:
			r.attrs["value"] = value
		case key == "type":
			if _, known := kinds[value]; !known {
				return r, r.invalid(CodeTagType, "The types are schedule, semver, pep440, match, edge, ref, raw and sha.", "has the unknown type "+strconv.Quote(value))
			}
			r.kind = value
		default:
			r.attrs[key] = value
		}
	}
	r.defaults()
	return r, r.check()
}

// invalid returns an error about the text of the rule.
func (r rule) invalid(code, hint, what string) error {
	return diag.Inputf("tags", code, hint, "the rule %q %s", r.text, what)
}

func (r *rule) defaults() {
	r.init("enable", "true")
	switch {
	case r.kind == "schedule":
		r.init("pattern", "nightly")
	case r.kind == "match":
		r.init("group", "0")
	case r.kind == "sha":
		r.init("prefix", "sha-")
		r.init("format", "short")
	case r.kind == "ref" && r.attrs["event"] == "pr":
		r.init("prefix", "pr-")
	}
	r.order = kinds[r.kind]
	if p, ok := r.attrs["priority"]; ok {
		r.order = numberJS(p)
	}
}

func (r *rule) init(key, value string) {
	if _, ok := r.attrs[key]; !ok {
		r.attrs[key] = value
	}
}

// check returns an error for missing attributes and for invalid values.
func (r rule) check() error {
	switch r.kind {
	case "semver", "pep440":
		return r.require("pattern", "Add a pattern, as in pattern={{version}}.")
	case "match":
		if math.IsNaN(numberJS(r.attrs["group"])) {
			return r.invalid(CodeTagGroup, "Write the number of the group in the pattern, as in group=1.", "has group="+strconv.Quote(r.attrs["group"])+", which is not a number")
		}
		return r.require("pattern", `Add a pattern, as in pattern=\d+\.\d+.`)
	case "raw":
		return r.require("value", "Add a value, as in value=nightly.")
	case "ref":
		if err := r.require("event", "Add event=branch, event=tag or event=pr."); err != nil {
			return err
		}
		return r.oneOf("event", "branch", "tag", "pr")
	case "sha":
		return r.oneOf("format", "short", "long")
	}
	return nil
}

func (r rule) require(key, hint string) error {
	if _, ok := r.attrs[key]; ok {
		return nil
	}
	return r.invalid(CodeTagAttribute, hint, "has no attribute "+strconv.Quote(key))
}

func (r rule) oneOf(key string, allowed ...string) error {
	if slices.Contains(allowed, r.attrs[key]) {
		return nil
	}
	return r.invalid(CodeTagAttribute, "Write one of "+strings.Join(allowed, ", ")+".", "has "+key+"="+strconv.Quote(r.attrs[key]))
}
