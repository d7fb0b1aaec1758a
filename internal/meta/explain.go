package meta

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Explain says for each rule, a line each, what it gave or why nothing.
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

// Check is an error with the explanation in it if no rule gave a tag: better
// than to publish nothing.
func (r Result) Check() error {
	if len(r.Tags) > 0 {
		return nil
	}
	return diag.Inputf("tags", "no-tags",
		"Add a rule that fits the event, as in type=sha, or set the input version.",
		"no rule gives a tag:\n  %s", strings.Join(r.Explain(), "\n  "))
}
