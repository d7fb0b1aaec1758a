package migrate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Text writes the report to w for a terminal. The report contains the headline, the
// diffs, the findings, the steps for the user, and the ending. The argument "command" is
// the command line that writes the edits. Text returns an error if it cannot write to w.
func (r *Report) Text(w io.Writer, command string) error {
	var b strings.Builder
	if headline := r.Headline(); headline != "" {
		fmt.Fprintf(&b, "%s\n", headline)
	}
	if len(r.Files) > 0 {
		b.WriteString("\n")
	}
	for _, f := range r.Files {
		b.WriteString(f.Diff())
	}
	for _, s := range r.sections() {
		s.text(&b)
	}
	r.skippedText(&b)
	r.nextText(&b)
	if ending, rerun := r.ending(r.Checked); rerun {
		fmt.Fprintf(&b, "\n%s in %s. %s %s\n", plural(r.Edits(), "edit"), plural(len(r.Files), "file"), ending, command)
	} else if ending != "" {
		fmt.Fprintf(&b, "\n%s\n", ending)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// text writes one line for each finding, and the hint in the next line.
func (s section) text(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n", s.heading)
	var lines strings.Builder
	tw := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	for _, f := range s.findings {
		fmt.Fprintf(tw, "  %s:%d:%d\t%s\t%s\t%s\n", f.File, f.Line, f.Column, f.State, f.Code, f.Text)
	}
	tw.Flush() // Flush cannot fail, because it writes to a strings.Builder.
	for i, line := range strings.SplitAfter(strings.TrimSuffix(lines.String(), "\n"), "\n") {
		b.WriteString(strings.TrimSuffix(line, "\n") + "\n")
		if hint := s.findings[min(i, len(s.findings)-1)].Hint; hint != "" {
			fmt.Fprintf(b, "    → %s\n", hint)
		}
	}
}

func (r *Report) skippedText(b *strings.Builder) {
	if len(r.Skipped) > 0 {
		b.WriteString("\nSkipped files\n")
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(b, "  %s\n", s.Path) // An error message of the run contains the reason.
	}
}

// nextText writes the list of packages that need access, and the steps that
// grant the access.
func (r *Report) nextText(b *strings.Builder) {
	grants, facts := r.grantList(), r.facts()
	if len(grants)+len(facts) > 0 {
		b.WriteString("\nNext\n")
	}
	if len(grants) > 0 {
		grants.text(b)
	}
	for _, fact := range facts {
		fmt.Fprintf(b, "  %s\n", fact)
	}
}

func (g grantList) text(b *strings.Builder) {
	fmt.Fprintf(b, "  %s\n", g.title())
	tw := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, a := range g {
		fmt.Fprintf(tw, "    %s\t%s\t%s\n", a.Image, g.access(a), a.Package.Settings)
	}
	tw.Flush() // Flush cannot fail, because it writes to a strings.Builder.
	for _, text := range append(g.reasons(), g.uncertain()) {
		if text != "" {
			fmt.Fprintf(b, "  %s\n", text)
		}
	}
	b.WriteString("  Do this for each package:\n")
	for i, click := range g.clicks() {
		fmt.Fprintf(b, "    %d. %s\n", i+1, click)
	}
}
