package meta

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
)

// rule is one parsed entry of the input "tags".
type rule struct {
	text  string // text is the rule as the user wrote it.
	kind  string
	attrs map[string]string
	order float64 // order is the priority of the rule. If the priority is not a number, order is NaN.
	// fields are the parts of the text between the commas.
	fields []string
	typed  bool // typed is true if the text has the attribute "type".
	// skip is the reason why a default rule does not apply. The field "skip" is empty if
	// the rule applies.
	skip string
}

// kinds maps each type to its default priority.
var kinds = map[string]float64{
	"schedule": 1000, "semver": 900, "pep440": 900, "match": 800, "edge": 700, "ref": 600, "raw": 200, "sha": 100,
}

// implied lists the rules that docker/metadata-action applies if the input "tags" is
// empty.
var implied = []string{"type=schedule", "type=ref,event=branch", "type=ref,event=tag", "type=ref,event=pr"}

// parseRules parses the input "tags". parseRules returns the rules in the order of
// evaluation, or the joined errors of all invalid rules.
func parseRules(input string, strict bool) ([]rule, error) {
	items, err := list("tags", input)
	if err != nil {
		return nil, err
	}
	if strict {
		if items = splitReferences(items); len(items) == 0 && trimJS(input) != "" {
			return nil, commentsError(trimJS(input))
		}
	}
	if len(items) == 0 {
		items = implied
	}
	rules, errs := make([]rule, len(items)), make([]error, len(items))
	for i, item := range items {
		rules[i], errs[i] = parseRule(item, strict)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	sortRules(rules)
	return rules, nil
}

// commentsError returns the error for an input that contains only comments.
func commentsError(input string) error {
	hint := "Write a tag on a line, or remove the input tags to use the default tags. A line that begins with # is a comment."
	if tag := strings.TrimPrefix(input, "#"); ValidTag(tag) {
		hint = fmt.Sprintf("A line that begins with # is a comment. Write %s.", tag)
	}
	return diag.Inputf("tags", CodeNoTags, hint, "the input tags contains neither a tag nor a rule")
}

// plain reports whether the rule is only a tag, without a type, an attribute or an
// expression.
func (r *rule) plain() bool { return r.text == r.attrs["value"] && !strings.Contains(r.text, "{{") }

// parseRule parses one item of the input "tags". If the argument "strict" is true,
// parseRule returns an error for text that docker/metadata-action ignores.
func parseRule(item string, strict bool) (rule, error) {
	all, err := fields("tags", item)
	if err != nil {
		return rule{}, err
	}
	r := rule{text: item, kind: "raw", attrs: make(map[string]string, len(all)+3), fields: all}
	checks := []func(*rule) error{(*rule).read, (*rule).check}
	if strict {
		checks = []func(*rule) error{(*rule).checkSyntax, (*rule).read, (*rule).checkNames, (*rule).checkExpressions, (*rule).check, (*rule).checkPatterns}
	}
	for _, check := range checks {
		if err := check(&r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// read sets the type and the attributes of the rule from the parts of the text.
func (r *rule) read() error {
	for _, f := range r.fields {
		key, value, named := attribute(f)
		switch {
		case !named:
			r.attrs["value"] = value
		case key == "type":
			if _, known := kinds[value]; !known {
				return r.unknownType(value)
			}
			r.kind, r.typed = value, true
		default:
			r.attrs[key] = value
		}
	}
	r.defaults()
	return nil
}

// refEvents lists words that users write as a type, such as "branch". The value is the
// correct attribute "event" of a rule with type=ref.
var refEvents = map[string]string{"branch": "branch", "tag": "tag", "pr": "pr", "pull_request": "pr"}

func (r *rule) unknownType(value string) error {
	hint := "The types are " + and(typeNames) + "."
	if event, ok := refEvents[value]; ok {
		return r.invalid(CodeTagType, fmt.Sprintf("Write type=ref,event=%s. %s", event, hint), "%s has the unknown type %q", value)
	}
	if value == "" {
		return r.invalid(CodeTagType, "Write a type, as in type=semver,pattern={{version}}. "+hint, "%s has no type after the equals sign of the attribute type")
	}
	if question := nearest.Question(value, typeNames); question != "" {
		hint = question + " " + hint
	}
	return r.invalid(CodeTagType, hint, "%s has the unknown type %q", value)
}

// subject returns the name of the rule for the beginning of an error.
func (r *rule) subject() string {
	if len(r.fields) == 1 {
		if _, _, named := attribute(r.fields[0]); !named {
			return "the tag " + inQuotes(r.text)
		}
	}
	return "the rule " + inQuotes(r.text)
}

// invalid returns an error about the text of the rule. The first %s in the format becomes
// the name of the rule.
func (r *rule) invalid(code, hint, format string, args ...any) error {
	return diag.Inputf("tags", code, hint, format, append([]any{r.subject()}, args...)...)
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

// check returns an error for a missing attribute or an invalid value.
func (r *rule) check() error {
	switch r.kind {
	case "semver", "pep440":
		return r.require("pattern", "Add a pattern, as in pattern={{version}}.")
	case "match":
		if math.IsNaN(numberJS(r.attrs["group"])) {
			return r.invalid(CodeTagGroup, "Write the number of the group in the pattern, as in group=1.", "%s has group=%q, which is not a number", r.attrs["group"])
		}
		return r.require("pattern", `Add a pattern, as in pattern=\d+\.\d+.`)
	case "raw":
		return r.require("value", r.valueHint())
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

func (r *rule) require(key, hint string) error {
	if _, ok := r.attrs[key]; ok {
		return nil
	}
	return r.invalid(CodeTagAttribute, hint, "%s does not have the attribute %q", key)
}

func (r *rule) oneOf(key string, allowed ...string) error {
	if slices.Contains(allowed, r.attrs[key]) {
		return nil
	}
	hint := "Write " + enumerate(allowed, key+"=", "or") + "."
	if question := nearest.Question(r.attrs[key], allowed); question != "" {
		hint = question + " " + hint
	}
	return r.invalid(CodeTagAttribute, hint, "%s has %s=%q", key, r.attrs[key])
}

// valueHint returns the hint for a rule of the type "raw" without a value.
func (r *rule) valueHint() string {
	for _, key := range []string{"prefix", "suffix"} {
		if value, ok := r.attrs[key]; ok && !r.typed {
			return fmt.Sprintf("Write the line %s=%s in the input flavor to change all tags, or add a value, as in value=nightly,%s=%s.", key, value, key, value)
		}
	}
	return "Add a value, as in type=raw,value=nightly."
}
