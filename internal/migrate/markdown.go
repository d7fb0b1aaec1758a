package migrate

import (
	"fmt"
	"strings"
)

// Markdown returns the report for a job summary, in the same order as Text.
// command is the command line that writes the edits.
func (r *Report) Markdown(command string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n", r.title())
	if ending, rerun := r.ending(false); rerun {
		fmt.Fprintf(&b, "\n%s `%s`\n", ending, strings.ReplaceAll(command, "`", "'"))
	} else if ending != "" {
		fmt.Fprintf(&b, "\n%s\n", escape(ending))
	}
	for _, f := range r.Files {
		diff := f.Diff()
		fence := fenceFor(diff)
		fmt.Fprintf(&b, "\n%sdiff\n%s%s\n", fence, diff, fence)
	}
	for _, s := range r.sections() {
		s.markdown(&b)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "\nSkipped %s: %s.\n", escape(s.Path), escape(s.Err.Error()))
	}
	r.nextMarkdown(&b)
	return b.String()
}

// title returns the headline of the summary.
func (r *Report) title() string {
	headline := r.Headline()
	switch {
	case headline == "":
		return "✅ Nothing to migrate in " + plural(r.FilesRead, "file")
	case r.Count(Changed) > 0:
		return "✅ Migrated to GITHUB_TOKEN: " + headline
	}
	return "📋 Migration to GITHUB_TOKEN: " + headline
}

// markdown writes the findings as a table.
func (s section) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n#### %s\n\n| Line | Reason |\n|---|---|\n", s.heading)
	for _, f := range s.findings {
		text := escape(f.Text)
		if f.Hint != "" {
			text += " **" + escape(f.Hint) + "**"
		}
		fmt.Fprintf(b, "| %s:%d | %s |\n", escape(f.File), f.Line, text)
	}
}

// nextMarkdown writes the packages that need access, and the clicks once.
func (r *Report) nextMarkdown(b *strings.Builder) {
	grants, facts := r.grantList(), r.facts()
	if len(grants)+len(facts) > 0 {
		b.WriteString("\n#### Next\n")
	}
	if len(grants) > 0 {
		grants.markdown(b)
	}
	for _, fact := range facts {
		fmt.Fprintf(b, "\n%s\n", escape(fact))
	}
}

func (g grantList) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n\n| Package | Access | Settings |\n|---|---|---|\n", escape(g.title()))
	for _, a := range g {
		fmt.Fprintf(b, "| %s | %s | %s |\n", escape(a.Image.String()), escape(g.access(a)), a.Package.Settings)
	}
	texts := g.reasons()
	if uncertain := g.uncertain(); uncertain != "" {
		texts = append(texts, uncertain)
	}
	fmt.Fprintf(b, "\n%s\n\nDo this for each package:\n\n", escape(strings.Join(texts, " ")))
	for i, click := range g.clicks() {
		fmt.Fprintf(b, "%d. %s\n", i+1, escape(click))
	}
}

// escape escapes a text for a Markdown table or paragraph, because the text may
// contain parts of a file.
func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;", "`", "'", "[", `\[`, "*", `\*`).Replace(s)
}

// fenceFor returns a code fence that is longer than each fence in the text.
func fenceFor(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}
