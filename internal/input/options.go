package input

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// option matches an option of a command line and the blank or the equals sign after it.
var option = lazy.Regexp(`(?:^|\s)(--[a-z][a-z-]*[= ]|-[a-zA-Z]\s)\s*`)

// commandLineInputs are the inputs whose values can begin with a dash.
var commandLineInputs = []string{"entrypoint", "cmd", "token", "secrets", "sep-tags", "sep-labels", "sep-annotations"}

// refuseOptions refuses a value that begins with an option of a command line, such as
// --tag 1.2.3. The value of an input is only the text after the option.
func (r *reader) refuseOptions() {
	for _, in := range For(r.command) {
		if slices.Contains(commandLineInputs, in.Name) || r.hasOtherForm(in.Name) {
			continue
		}
		for _, line := range strings.Split(strings.TrimSpace(r.get(in.Name)), "\n") {
			line = strings.TrimSpace(line)
			at := option().FindStringSubmatchIndex(line)
			if at == nil || at[0] > 0 || at[1] == len(line) {
				continue
			}
			r.fail(in.Name, CodeOption, r.optionHint(in.Name, line), "The input %s contains the option %s before a value", in.Name, strings.TrimRight(line[at[2]:at[3]], "= "))
			break
		}
	}
}

func (r *reader) optionHint(name, line string) string {
	var values []string
	for _, value := range option().Split(line, -1) {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	switch {
	case slices.Contains(secretInputs, name):
		return "Remove the option, because the value is not a command line."
	case len(values) > 1:
		return "Remove the options. " + r.oneEntryPerLine(name, values)
	}
	return "Write " + values[0] + " without the option, because the value is not a command line."
}
