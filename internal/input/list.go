package input

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jsonInputs are the inputs that accept a JSON list or a JSON object as one value.
var jsonInputs = []string{"entrypoint", "cmd", "digests"}

// secretInputs are the inputs whose values an error must not contain, because users
// write secrets into these inputs.
var secretInputs = []string{"credentials", "secrets", "env", "build-args"}

// refuseLists refuses a YAML or JSON list that is written as the text of an input. The
// value of an input is text, so the dashes and brackets would become a part of the
// entries.
func (r *reader) refuseLists() {
	for _, in := range For(r.command) {
		if in.Kind != Lines || slices.Contains(jsonInputs, in.Name) {
			continue
		}
		entries := listEntries(strings.TrimSpace(r.get(in.Name)))
		if len(entries) == 0 {
			continue
		}
		if slices.Contains(secretInputs, in.Name) {
			entries = nil
		}
		r.fail(in.Name, CodeList, "The value is text. "+r.oneEntryPerLine(in.Name, entries), "The input %s is a YAML or JSON list", in.Name)
	}
}

// oneEntryPerLine returns the hint for a list of entries. The hint contains the entries
// in the right form, in lines with four spaces, because reports show such lines as
// code.
func (r *reader) oneEntryPerLine(name string, entries []string) string {
	switch {
	case r.terminal && slices.Contains(Arguments[r.command], name):
		return "Write each entry as one argument: " + strings.Join(entries, " ") + "."
	case r.terminal:
		return "Repeat the flag --" + name + " for each entry."
	}
	hint := "Write one entry per line after " + name + ": |, without dashes, brackets, commas and quotation marks."
	if len(entries) > 0 {
		hint += "\n    " + name + ": |\n      " + strings.Join(entries, "\n      ")
	}
	return hint
}

// maxListText is the maximum size, in bytes, of a text that listEntries parses.
const maxListText = 64 << 10

// listEntries returns the entries of a YAML or JSON list. listEntries returns nil if
// the text is not a list, or if an entry has several lines.
func listEntries(text string) []string {
	if inner, ok := braceList(text); ok {
		text = "[" + inner + "]"
	}
	flow := strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
	if len(text) > maxListText || !flow && !isBlockList(text) {
		return nil
	}
	var list []yaml.Node
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		return nil // the parser of the input reports the error in the text
	}
	var out []string
	for _, entry := range list {
		if entry.Kind != yaml.ScalarNode || strings.Contains(entry.Value, "\n") {
			return nil
		}
		out = append(out, entry.Value)
	}
	return out
}

// braceList returns the text between the braces of a list such as {1.2.3, latest}. A JSON
// object and an expression are not such a list.
func braceList(text string) (string, bool) {
	inner, opens := strings.CutPrefix(text, "{")
	inner, closes := strings.CutSuffix(inner, "}")
	return inner, opens && closes && strings.Contains(inner, ",") && !strings.ContainsAny(inner, `{}:"`)
}

// isBlockList reports whether each line that is not empty begins with a dash and a
// blank.
func isBlockList(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "- ") {
			return false
		}
	}
	return text != ""
}
