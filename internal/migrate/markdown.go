package migrate

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// Markdown returns the report for a job summary, in the same order as [Report.Text]. The
// argument "command" is the command line that writes the edits.
func (r *Report) Markdown(command string) markdown.Text {
	var b markdown.Builder
	b.Printf("## %s\n", r.title())
	if ending, rerun := r.ending(false); rerun {
		b.Printf("\n%s %s\n", ending, markdown.Code(command))
	} else if ending != "" {
		b.Printf("\n%s\n", ending)
	}
	for _, f := range r.Files {
		b.Printf("\n%s\n", markdown.Block("diff", f.Diff()))
	}
	for _, s := range r.sections() {
		s.markdown(&b)
	}
	for _, s := range r.Skipped {
		b.Printf("\nSkipped %s: %s.\n", s.Path, s.Err.Error())
	}
	r.nextMarkdown(&b)
	return b.Text()
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
func (s section) markdown(b *markdown.Builder) {
	b.Printf("\n#### %s\n\n| Line | Reason |\n|---|---|\n", s.heading)
	for _, f := range s.findings {
		text := markdown.Escape(f.Text)
		if f.Hint != "" {
			text = markdown.Sprintf("%s %s", text, markdown.Bold(f.Hint))
		}
		b.Printf("| %s:%d | %s |\n", f.File, f.Line, text)
	}
}

// nextMarkdown writes the list of packages that need access, and the steps that
// grant the access.
func (r *Report) nextMarkdown(b *markdown.Builder) {
	grants, facts := r.grantList(), r.facts()
	if len(grants)+len(facts) > 0 {
		b.Printf("\n#### Next\n")
	}
	if len(grants) > 0 {
		grants.markdown(b)
	}
	for _, fact := range facts {
		b.Printf("\n%s\n", fact)
	}
}

func (g grantList) markdown(b *markdown.Builder) {
	b.Printf("\n%s\n\n| Package | Access | Settings |\n|---|---|---|\n", g.title())
	for _, a := range g {
		b.Printf("| %s | %s | %s |\n", a.Image.String(), g.access(a), a.Package.Settings)
	}
	texts := g.reasons()
	if uncertain := g.uncertain(); uncertain != "" {
		texts = append(texts, uncertain)
	}
	b.Printf("\n%s\n\nDo this for each package:\n\n", strings.Join(texts, " "))
	for i, click := range g.clicks() {
		b.Printf("%d. %s\n", i+1, click)
	}
}
