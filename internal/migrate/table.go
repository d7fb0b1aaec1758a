package migrate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes the findings for a terminal. It writes one line per finding, the
// hint below the line, and then the skipped files. It returns an error if w
// fails.
func (r *Report) Table(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Findings {
		fmt.Fprintf(tw, "%s:%d:%d\t%s\t%s\t%s\n", f.File, f.Line, f.Column, f.State, f.Code, f.Text)
		if f.Hint != "" {
			fmt.Fprintf(tw, "\t\t\t→ %s\n", f.Hint)
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(tw, "%s\tskipped\t\t%v\n", s.Path, s.Err)
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

// Markdown returns the report for a job summary. The report has a table of the
// findings, and then each diff in a collapsed section.
func (r *Report) Markdown() string {
	var b strings.Builder
	fixed, remaining := r.Count(Fixed), r.Count(Remaining)
	fmt.Fprintf(&b, "### Migration to GITHUB_TOKEN\n\n%s read, %s with an edit, %s without an edit, %d skipped.\n",
		plural(r.FilesRead, "file"), plural(fixed, "finding"), plural(remaining, "finding"), len(r.Skipped))
	if len(r.Findings) > 0 {
		b.WriteString("\n| file | state | finding |\n|---|---|---|\n")
	}
	for _, f := range r.Findings {
		text := f.Text
		if f.Hint != "" {
			text += " **" + f.Hint + "**"
		}
		fmt.Fprintf(&b, "| %s:%d | %s | %s |\n", cell(f.File), f.Line, f.State, cell(text))
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "\nSkipped %s: %s.\n", cell(s.Path), cell(s.Err.Error()))
	}
	for _, f := range r.Files {
		diff := f.Diff()
		fence := fenceFor(diff)
		fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n%sdiff\n%s%s\n\n</details>\n", cell(f.Path), fence, diff, fence)
	}
	return b.String()
}

// Count returns the number of findings in a state.
func (r *Report) Count(s State) int {
	n := 0
	for _, f := range r.Findings {
		if f.State == s {
			n++
		}
	}
	return n
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// cell escapes a text for a Markdown table, because the text may contain parts
// of a file.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;", "`", "'", "[", `\[`).Replace(s)
}

// fenceFor returns a code fence that is longer than each fence in the text.
func fenceFor(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}
