package input

import "strings"

// Rule says what may be done to a tag that exists.
type Rule string

// The rules.
const (
	Allow      Rule = "allow"       // point it elsewhere
	SameDigest Rule = "same-digest" // write it again as it is
	Never      Rule = "never"       // nothing: it must not exist
)

// Overwrite has the rule for each class of tag: full versions, and all else,
// which is made to move.
type Overwrite struct{ Versions, Moving Rule }

// overwrite reads CLASS=RULE, separated by commas or blanks.
func (r *reader) overwrite() Overwrite {
	o := Overwrite{Versions: SameDigest, Moving: Allow}
	for _, item := range r.words("overwrite") {
		class, rule, _ := strings.Cut(item, "=")
		at := map[string]*Rule{"versions": &o.Versions, "moving": &o.Moving}[class]
		known := Rule(rule) == Allow || Rule(rule) == SameDigest || Rule(rule) == Never
		if at == nil || !known {
			r.fail("overwrite", "input-value", "Write versions=RULE,moving=RULE, where RULE is allow, same-digest or never.", "overwrite holds %q", item)
			continue
		}
		*at = Rule(rule)
	}
	return o
}
