package input

import (
	"os"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// lineBreak is the text that a user writes instead of a line break. YAML replaces the two
// characters by a line break only between double quotation marks.
const lineBreak = `\n`

// pairInputs are the inputs whose entries have the form KEY=value. The value of an
// entry can contain the two characters \n.
var pairInputs = []string{"labels", "annotations", "build-args", "secrets", "env", "flavor"}

// pathInputs are the inputs whose entries contain paths and have no form that isEntry can
// check. On Windows, the two characters \n can be a part of a path, such as dist\new.tar.
var pathInputs = []string{"sources", "cache-from", "cache-to", "keep-used"}

var (
	pairEntry = lazy.Regexp(`^[\w./-]+=`)
	// plainEntry matches a text without the special characters of a regular expression.
	plainEntry = lazy.Regexp(`^[^()\[\]*+?^$|\\]+$`)
)

// refuseLiteralLineBreaks refuses the two characters \n between the entries of an
// input. An error after this check would quote all entries as one entry.
func (r *reader) refuseLiteralLineBreaks() {
	for _, in := range For(r.command) {
		if in.Kind != Lines && in.Name != "registry" && in.Name != "platform" || in.Name == "entrypoint" || in.Name == "cmd" {
			continue
		}
		if os.IsPathSeparator('\\') && slices.Contains(pathInputs, in.Name) {
			continue
		}
		entries := r.brokenEntries(in.Name)
		if entries == nil {
			continue
		}
		if slices.Contains(secretInputs, in.Name) {
			entries = nil
		}
		r.fail(in.Name, CodeList, r.oneEntryPerLine(in.Name, entries), "The input %s contains the two characters %s instead of a line break", in.Name, lineBreak)
	}
}

// brokenEntries returns the entries of an input, if the two characters \n separate
// them. brokenEntries returns nil for all other values, for example for JSON.
func (r *reader) brokenEntries(name string) []string {
	text := strings.TrimSpace(r.get(name))
	if !strings.Contains(text, lineBreak) || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return nil
	}
	var entries []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, lineBreak, "\n"), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if !isEntry(name, line) {
			return nil
		}
		entries = append(entries, line)
	}
	return entries
}

// isEntry reports whether a text can be one entry of an input.
func isEntry(name, text string) bool {
	switch {
	case slices.Contains(pairInputs, name):
		return pairEntry().MatchString(text)
	case name == "content":
		return strings.Contains(text, ":/")
	case name == "paths":
		return strings.HasSuffix(text, ".yml") || strings.HasSuffix(text, ".yaml")
	case name == "credentials":
		return len(strings.Fields(text)) == 3
	}
	return plainEntry().MatchString(text)
}
