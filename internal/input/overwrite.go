package input

import "strings"

// Rule states how a run may change an existing tag.
type Rule string

// The rules.
const (
	Allow      Rule = "allow"       // the tag may point at any digest
	SameDigest Rule = "same-digest" // the digest must not change
	Never      Rule = "never"       // the tag must not exist
)

// Overwrite has the rule for each class of tags. Versions applies to the tags of full
// versions (1.2.3), and Moving to all other tags.
type Overwrite struct{ Versions, Moving Rule }

// overwrite parses CLASS=RULE items that are separated by commas or spaces.
func (r *reader) overwrite() Overwrite {
	o := Overwrite{Versions: SameDigest, Moving: Allow}
	for _, item := range r.words("overwrite") {
		class, rule, _ := strings.Cut(item, "=")
		if item == "true" {
			r.fail("overwrite", CodeValue, "To allow that the tag of a version moves to another digest, write versions=allow.", "The input overwrite is %q", item)
			continue
		}
		at := map[string]*Rule{"versions": &o.Versions, "moving": &o.Moving}[class]
		known := Rule(rule) == Allow || Rule(rule) == SameDigest || Rule(rule) == Never
		if at == nil || !known {
			r.fail("overwrite", CodeValue, "Write versions=RULE,moving=RULE, where RULE is allow, same-digest or never.", "The input overwrite contains %q", item)
			continue
		}
		*at = Rule(rule)
	}
	return o
}
