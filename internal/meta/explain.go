package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Explain returns one line per rule. Each line contains the tag of the rule, or
// the reason why the rule gives no tag.
func (r Result) Explain() []string {
	out := make([]string, len(r.Rules))
	for i, rule := range r.Rules {
		switch {
		case rule.Tag == "":
			out[i] = fmt.Sprintf("%s skipped: %s", rule.Text, rule.Note)
		case rule.Note != "":
			out[i] = fmt.Sprintf("%s → %s (%s)", rule.Text, rule.Tag, rule.Note)
		default:
			out[i] = fmt.Sprintf("%s → %s", rule.Text, rule.Tag)
		}
	}
	return out
}

// Check returns a *diag.Error with the lines of [Result.Explain] if no rule
// gave a tag, because publishing without a tag would have no effect.
func (r Result) Check() error {
	if len(r.Tags) > 0 {
		return nil
	}
	return diag.Inputf("tags", CodeNoTags,
		"Add a rule that applies to the event, as in type=sha, or set the input version.",
		"no rule gives a tag:\n  %s", strings.Join(r.Explain(), "\n  "))
}
