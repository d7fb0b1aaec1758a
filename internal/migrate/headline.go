package migrate

import (
	"fmt"
	"strings"
)

// Headline returns one line with the numbers of edits, packages and other
// findings. Headline returns "" if all these numbers are zero.
func (r *Report) Headline() string {
	parts := []string{"No edits"}
	if edits := r.Edits(); edits > 0 {
		parts[0] = plural(edits, "edit") + " in " + plural(len(r.Files), "file")
	}
	add := func(n int, singular, rest string) {
		if n > 0 {
			parts = append(parts, plural(n, singular)+rest)
		}
	}
	add(r.Count(Remaining), "change", " to make by hand")
	add(r.grants(), "package", " to grant access")
	add(r.Count(Note), "note", "")
	add(len(r.Skipped), "skipped file", "")
	if len(parts) == 1 && r.Edits() == 0 {
		return ""
	}
	return strings.Join(parts, ", ")
}

// Edits returns the number of findings that an edit solves. Edits also counts edits that
// the run does not write.
func (r *Report) Edits() int { return r.Count(WouldChange) + r.Count(Changed) }

// grants returns the number of packages for which a person must grant access.
func (r *Report) grants() int {
	n := 0
	for _, a := range r.Advice {
		if a.Grant {
			n++
		}
	}
	return n
}

// Count returns the number of findings that have the given state.
func (r *Report) Count(s State) int {
	n := 0
	for _, f := range r.Findings {
		if f.State == s {
			n++
		}
	}
	return n
}

// ending returns the last sentences of the report, which name the written files. If the
// run has written no file, the result "rerun" is true, and the caller adds the command
// that writes the edits. If the argument "told" is true, an error message of the run
// already contains this command.
func (r *Report) ending(told bool) (text string, rerun bool) {
	var written []string
	for _, f := range r.Files {
		if f.Written {
			written = append(written, f.Path)
		}
	}
	switch {
	case len(written) > 0:
		return fmt.Sprintf("Changed %s. Review the result with git diff, and commit it.", list(written)), false
	case len(r.Files) > 0 && told:
		return "Nothing was written.", false
	case len(r.Files) > 0 && r.InStep:
		return fmt.Sprintf("Nothing was written. To write %s, set write: true, or run on your machine:", them(r.Edits())), true
	case len(r.Files) > 0:
		return fmt.Sprintf("Nothing was written. To write %s, run:", them(r.Edits())), true
	}
	return "", false
}

func them(n int) string {
	if n == 1 {
		return "the edit"
	}
	return "the edits"
}

// section is a group of findings with its heading.
type section struct {
	heading  string
	findings []Finding
}

// sections returns the non-empty groups of findings in the order of the report.
func (r *Report) sections() []section {
	all := []section{{heading: "Reasons for the edits"}, {heading: "Changes to make by hand"}, {heading: "Notes"}}
	for _, f := range r.Findings {
		i := map[State]int{Remaining: 1, Note: 2}[f.State]
		all[i].findings = append(all[i].findings, f)
	}
	var out []section
	for _, s := range all {
		if len(s.findings) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// The function "list" joins words with commas, and joins the last word with "and".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
