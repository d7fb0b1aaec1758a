package report

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// Markdown returns the job summary.
func (c *Cleanup) Markdown() markdown.Text {
	var b markdown.Builder
	if c.Outcome == Skipped {
		b.Printf("## ⏭️ No cleanup: %s\n\n", c.Reason)
	}
	for i := range c.Packages {
		if i == maxImages {
			b.Printf("… and %d more packages.\n\n", len(c.Packages)-i)
			break
		}
		b.Printf("## %s\n\n", c.Packages[i].title())
		c.Packages[i].markdown(&b)
	}
	for _, p := range c.Restored {
		b.Printf("## ♻️ %s\n\n", p.text())
		for _, tag := range p.Moved {
			b.Printf("The tag %s points at another image by now, and stays unchanged.\n\n", markdown.Code(tag))
		}
	}
	mdErrors(&b, c.Errors)
	c.mdUndo(&b)
	return b.Text()
}

// afterPublication returns the part of the summary about the cleanup after a publication.
// The notices of the publication contain the errors.
func (c *Cleanup) afterPublication() markdown.Text {
	without := *c
	without.Errors = nil
	return without.Markdown()
}

// title returns the headline of a package.
func (p *CleanedPackage) title() markdown.Text {
	image, gone := markdown.Code(p.Image), Count(images(p.Deleted), "image")
	nothing := len(p.Deleted)+len(p.Detached) == 0
	switch {
	case p.Skipped != "":
		return markdown.Sprintf("⏭️ %s was skipped, because %s", image, p.Skipped)
	case p.failed && nothing:
		return markdown.Sprintf("❌ The cleanup of %s failed, and nothing was deleted", image)
	case p.failed:
		return markdown.Sprintf("❌ The cleanup of %s failed after it deleted %s", image, gone)
	case p.planned && nothing:
		return markdown.Sprintf("📋 Dry run: nothing would be deleted from %s", image)
	case p.planned:
		return markdown.Sprintf("📋 Dry run: %s would be deleted from %s", gone, image)
	case nothing:
		return markdown.Sprintf("🧹 Nothing to delete from %s", image)
	case len(p.Deleted) == 0:
		return markdown.Sprintf("🧹 Removed %s from %s", Count(len(p.Detached), "tag"), image)
	}
	return markdown.Sprintf("🧹 Deleted %s from %s", gone, image)
}

// markdown writes the tables of a package.
func (p *CleanedPackage) markdown(b *markdown.Builder) {
	if p.undecided {
		return
	}
	b.Printf("%s.\n\n", sentence(p.heading()))
	p.mdGone(b)
	p.mdLeft(b)
	for _, notice := range p.Notices {
		b.Printf("> [!NOTE]\n> %s\n\n", notice)
	}
	p.mdKept(b)
}

// mdGone writes the table of the deleted images and the removed tags.
func (p *CleanedPackage) mdGone(b *markdown.Builder) {
	rows := p.rows()
	if len(rows) == 0 {
		return
	}
	b.Printf("| Result | Image | Age | Size | Rule |\n|---|---|--:|--:|---|\n")
	for n, row := range rows {
		if n == maxRows {
			b.Printf("| … and %d more | | | | |\n", len(rows)-n)
			break
		}
		name, parts, _ := strings.Cut(row.name, " with ")
		if parts != "" {
			parts = " with " + parts
		}
		b.Printf("| %s | %s%s | %s | %s | %s |\n", row.result, markdown.Code(name), parts, row.age, row.size, markdown.Code(row.why))
	}
	b.Printf("\n")
}

// mdLeft writes the table of what a rule selects but that stays.
func (p *CleanedPackage) mdLeft(b *markdown.Builder) {
	if len(p.Left) == 0 {
		return
	}
	b.Printf("| Selected, but stays | Reason |\n|---|---|\n")
	for n, l := range p.Left {
		if n == maxRows {
			b.Printf("| … and %d more | |\n", len(p.Left)-n)
			break
		}
		b.Printf("| %s | %s |\n", markdown.Code(l.name()), l.why())
	}
	b.Printf("\n")
}

// mdKept writes the images that stay into a block that the reader can open. The table does
// not contain the parts of these images.
func (p *CleanedPackage) mdKept(b *markdown.Builder) {
	var table markdown.Builder
	table.Printf("| Image | Age | Size | Stays because |\n|---|--:|--:|---|\n")
	count := images(p.Kept)
	shown := 0
	for _, v := range p.Kept {
		if v.Part {
			continue
		}
		if shown == maxRows {
			table.Printf("| … and %d more | | | |\n", count-shown)
			break
		}
		shown++
		table.Printf("| %s | %s | %s | %s |\n", markdown.Code(v.name()), v.ageText(), Bytes(v.Size), v.Reason)
	}
	if count > 0 {
		verb := " stay"
		if count == 1 {
			verb = " stays"
		}
		details(b, Count(count, "image")+verb, table.Text())
	}
}

// mdUndo writes how to restore what the run deleted.
func (c *Cleanup) mdUndo(b *markdown.Builder) {
	if c.UndoFile == "" {
		return
	}
	b.Printf("To restore within 30 days, run %s, or in this job a step with %s. Keep the file as an artifact for later jobs.\n",
		markdown.Code(c.undoCommand()), markdown.Code("undo: ${{ steps.ID.outputs.undo-file }}"))
}
