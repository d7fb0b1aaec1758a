package input

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// Rule states how a run may change an existing tag.
type Rule string

// These constants are the rules of the input "overwrite".
const (
	Allow      Rule = "allow"       // the tag may point at any digest
	SameDigest Rule = "same-digest" // the digest must not change
	Never      Rule = "never"       // the tag must not exist
)

// Overwrite contains the rule for each class of tags. Versions applies to the tags of
// full versions (1.2.3), and Moving to all other tags.
type Overwrite struct{ Versions, Moving Rule }

// overwrite parses CLASS=RULE items that are separated by commas or spaces.
func (r *reader) overwrite() Overwrite {
	o := Overwrite{Versions: SameDigest, Moving: Allow}
	if text := r.text("overwrite"); colonRule().MatchString(text) {
		r.fail("overwrite", CodeValue, "Write an equals sign instead of the colon: "+colonRule().ReplaceAllString(text, "$1=")+".", "The input overwrite contains %q", text)
		return o
	}
	for _, item := range r.words("overwrite") {
		class, rule, _ := strings.Cut(item, "=")
		at := map[string]*Rule{"versions": &o.Versions, "moving": &o.Moving}[class]
		if at == nil || !slices.Contains(rules, rule) {
			r.fail("overwrite", CodeValue, overwriteHint(class, rule), "The input overwrite contains %q", item)
			continue
		}
		*at = Rule(rule)
	}
	return o
}

// colonRule matches a class with a colon instead of an equals sign, as in YAML.
var colonRule = lazy.Regexp(`\b(versions|moving)\s*:\s*`)

var rules = []string{string(Allow), string(SameDigest), string(Never)}

// overwriteHint explains an item that is not CLASS=RULE. Many tools have an input
// "overwrite" with the values "true" and "false".
func overwriteHint(class, rule string) string {
	const form = "Write versions=RULE,moving=RULE, where RULE is allow, same-digest or never."
	if hint := missing.Unexpanded(class + rule); hint != "" {
		return hint + " " + form
	}
	switch {
	case rule == "" && slices.Contains(rules, class):
		return fmt.Sprintf("Write versions=%s for the tags of versions, such as 1.2.3, or moving=%s for other tags, such as latest.", class, class)
	case isOn(rule) && class == "moving":
		return "Remove moving, because tags such as latest may move by default."
	case isOn(cmp.Or(rule, class)):
		return "To move the tags of versions to another digest, write versions=allow."
	case isOff(cmp.Or(rule, class)):
		return "To keep all existing tags unchanged, write versions=never,moving=never. By default, the tag of a version keeps its digest, and other tags such as latest move."
	case class == "versions" || class == "moving":
		return strings.TrimSpace(nearest.Question(rule, rules) + " " + form)
	}
	return strings.TrimSpace(nearest.Question(class, []string{"versions", "moving"}) + " " + form)
}
