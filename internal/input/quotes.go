package input

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
)

// quotableInputs are the inputs that accept quotation marks. In these inputs, quotation
// marks are a part of CSV, JSON or an argument of a command, or a separator.
var quotableInputs = []string{
	"tags", "images", "flavor", "labels", "annotations", "secrets", "digests", "entrypoint", "cmd",
	"sep-tags", "sep-labels", "sep-annotations",
}

// refuseQuotes refuses a value or a line that is in quotation marks. YAML removes the
// quotation marks around a value. YAML keeps quotation marks inside other quotation
// marks, in a block of lines, and in the value of an expression.
func (r *reader) refuseQuotes() {
	for _, in := range For(r.command) {
		if slices.Contains(quotableInputs, in.Name) || r.hasOtherForm(in.Name) {
			continue
		}
		lines := []string{strings.TrimSpace(r.get(in.Name))}
		if in.Kind == Lines {
			lines = r.lines(in.Name)
		}
		for _, line := range lines {
			if value, ok := missing.Unquote(line); ok {
				r.fail(in.Name, CodeQuoted, quotesHint(in.Name, value), "The input %s contains quotation marks around a value", in.Name)
				break
			}
		}
	}
}

func quotesHint(name, value string) string {
	const reason = "The value is text, so the quotation marks are a part of the value. "
	if name == "token" || slices.Contains(secretInputs, name) {
		return reason + "Remove the quotation marks."
	}
	return reason + "Write " + value + " without quotation marks."
}
