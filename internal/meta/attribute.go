package meta

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// typeNames lists the types of rules in the order that messages use.
var typeNames = []string{"schedule", "semver", "pep440", "match", "edge", "ref", "raw", "sha"}

// ownAttributes maps each type to its attributes, without the attributes that all
// types have. The first attribute is the main attribute of the type.
var ownAttributes = map[string][]string{
	"schedule": {"pattern"},
	"semver":   {"pattern", "value", "match"},
	"pep440":   {"pattern", "value", "match"},
	"match":    {"pattern", "group", "value"},
	"edge":     {"branch"},
	"ref":      {"event"},
	"raw":      {"value"},
	"sha":      {"format"},
}

// commonAttributes lists the attributes that all types have.
var commonAttributes = []string{"enable", "priority", "prefix", "suffix"}

const attributePattern = `type|pattern|value|match|group|branch|event|format|enable|priority|prefix|suffix`

var (
	attributeName = lazy.Regexp(`^(?:` + attributePattern + `)$`)
	// gluedAttribute matches an attribute after a separator that is not a comma.
	gluedAttribute = lazy.Regexp(`[\s;|&]+(` + attributePattern + `)\s*=`)
	// colonAttribute matches an attribute with a colon instead of "=".
	colonAttribute = lazy.Regexp(`^(` + attributePattern + `)\s*:\s*(.*)$`)
)

// attributesOf lists all attributes of a type.
func attributesOf(kind string) []string {
	return slices.Concat(ownAttributes[kind], commonAttributes)
}

// typesWith lists the types that have an attribute. typesWith returns nil for an
// attribute that all types have.
func typesWith(key string) []string {
	var out []string
	for _, kind := range typeNames {
		if slices.Contains(ownAttributes[kind], key) {
			out = append(out, kind)
		}
	}
	return out
}

// checkNames returns an error for the first attribute that the type of the rule
// does not have. docker/metadata-action ignores an attribute that the type does
// not have.
func (r *rule) checkNames() error {
	for _, f := range r.fields {
		key, value, named := attribute(f)
		if named && key != "type" && !slices.Contains(attributesOf(r.kind), key) {
			return r.unknownAttribute(key, value)
		}
	}
	return nil
}

func (r *rule) unknownAttribute(key, value string) error {
	owners := typesWith(key)
	switch {
	case len(owners) > 0 && r.typed:
		return r.invalid(CodeTagAttribute, fmt.Sprintf("Remove %s, or use %s, which has the attribute %s. %s", key, enumerate(owners, "type=", "or"), key, r.attributesHint()),
			"%s has the attribute %q, but type=%s does not have this attribute", key, r.kind)
	case len(owners) > 0:
		return r.invalid(CodeTagType, r.typeHint(key, value, owners), "%s has the attribute %q, but does not have a type", key)
	}
	return r.invalid(CodeTagAttribute, r.unknownHint(key, value), "%s has the unknown attribute %q", key)
}

// typeHint returns the hint for a rule without a type. The rule has an attribute
// that only some types have.
func (r *rule) typeHint(key, value string, owners []string) string {
	if word := r.attrs["value"]; slices.Contains(typeNames, word) && strings.HasPrefix(r.text, word) {
		return fmt.Sprintf("Write type=%s.", r.text)
	}
	kind := owners[0]
	if key == "pattern" && strings.Contains(value, "{{") {
		kind = "semver"
	}
	return fmt.Sprintf("Add a type, as in type=%s,%s=%s. The types with the attribute %s are %s.", kind, key, value, key, and(owners))
}

// unknownHint returns the hint for an attribute that no type has.
func (r *rule) unknownHint(key, value string) string {
	switch {
	case key == "latest" || key == "onlatest":
		return fmt.Sprintf("Write %s=%s in the input flavor, because this setting applies to all tags.", key, value)
	case slices.Contains(typeNames, key):
		return fmt.Sprintf("Write type=%s,%s=%s.", key, ownAttributes[key][0], value)
	}
	hint := r.attributesHint()
	if question := nearest.Question(key, append(attributesOf(r.kind), "type")); question != "" {
		return question + " " + hint
	}
	if !r.typed && len(r.fields) == 1 && ValidTag(value) {
		return fmt.Sprintf("To publish the tag %s, write only %s. %s", value, value, hint)
	}
	return hint
}

func (r *rule) attributesHint() string {
	return fmt.Sprintf("The attributes of type=%s are %s.", r.kind, and(attributesOf(r.kind)))
}

// The function "and" joins words as in this example: "a, b and c".
func and(words []string) string { return enumerate(words, "", "and") }

// enumerate joins words as in a sentence. enumerate writes the prefix before
// each word, and the conjunction before the last word.
func enumerate(words []string, prefix, conjunction string) string {
	var out strings.Builder
	for i, word := range words {
		switch {
		case i > 0 && i == len(words)-1:
			out.WriteString(" " + conjunction + " ")
		case i > 0:
			out.WriteString(", ")
		}
		out.WriteString(prefix + word)
	}
	return out.String()
}
