package report

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
)

// Text returns the result for the log.
func (c *Cleanup) Text() string {
	var b strings.Builder
	for _, p := range c.Packages {
		fmt.Fprintf(&b, "%s: %s\n", p.Image, p.heading())
		w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
		for _, v := range p.rows() {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", v.result, flat(v.name), v.age, v.size, flat(v.why))
		}
		w.Flush()
		for _, l := range p.Left {
			fmt.Fprintf(&b, "  stays  %s: %s\n", flat(l.name()), l.why())
		}
		for _, notice := range p.Notices {
			fmt.Fprintf(&b, "  %s\n", notice)
		}
	}
	for _, p := range c.Restored {
		fmt.Fprintln(&b, p.text())
		for _, tag := range p.Moved {
			fmt.Fprintf(&b, "  The tag %s points at another image by now, and stays unchanged.\n", flat(tag))
		}
	}
	if c.DryRun && len(c.Packages) > 0 {
		b.WriteString("This was a dry run. Nothing was deleted." + c.next() + "\n")
	}
	if c.UndoFile != "" {
		fmt.Fprintf(&b, "To restore: %s\n", c.undoCommand())
	}
	return b.String()
}

// next returns how to execute the plan of a dry run, or "" if the plan deletes nothing.
func (c *Cleanup) next() string {
	for _, p := range c.Packages {
		if len(p.Deleted)+len(p.Detached) > 0 && c.Outcome != Failed {
			return " To delete, set dry-run: false."
		}
	}
	return ""
}

// heading returns the numbers of a package.
func (p *CleanedPackage) heading() string {
	versions, stay := Count(len(p.Deleted), "version"), Count(p.stay, "version")
	gone := Count(images(p.Deleted), "image")
	if images(p.Deleted) != len(p.Deleted) {
		gone += " (" + versions + ")"
	}
	switch {
	case p.Skipped != "":
		return "skipped, because " + p.Skipped
	case p.undecided:
		return "nothing deleted"
	case p.planned:
		return fmt.Sprintf("would delete %s and detach %s, %s would stay, %s would be freed", gone, Count(len(p.Detached), "tag"), stay, Bytes(p.Freed))
	}
	return fmt.Sprintf("%s deleted, %s detached, %s kept, %s freed", gone, Count(len(p.Detached), "tag"), stay, Bytes(p.Freed))
}

// cleanedRow is one line of the table of a package.
type cleanedRow struct{ result, name, age, size, why string }

// rows returns the deleted images and the removed tags. The parts of an image have no rows.
func (p *CleanedPackage) rows() []cleanedRow {
	deleted, detached := "deleted", "detached"
	if p.planned {
		deleted, detached = "would be deleted", "would be detached"
	}
	var out []cleanedRow
	for _, v := range p.Deleted {
		if !v.Part {
			out = append(out, cleanedRow{deleted, v.name(), v.ageText(), Bytes(v.Size), v.Reason})
		}
	}
	for _, v := range p.Detached {
		out = append(out, cleanedRow{detached, v.name(), v.ageText(), Bytes(v.Size), v.Reason})
	}
	return out
}

// name returns the tags of a version, or the start of its digest.
func (v CleanedVersion) name() string {
	name := shortDigests(v.Digest)
	if len(v.Tags) > 0 {
		name = strings.Join(v.Tags, ", ")
	}
	if v.Parts > 0 {
		name += " with " + Count(v.Parts, "part")
	}
	return name
}

// ageText returns the age in the largest unit that gives a whole number.
func (v CleanedVersion) ageText() string {
	const day = 24 * time.Hour
	switch {
	case v.Updated == "":
		return "unknown"
	case v.age >= 2*day:
		return Count(int(v.age/day), "day")
	case v.age >= 2*time.Hour:
		return Count(int(v.age/time.Hour), "hour")
	}
	return Count(int(v.age/time.Minute), "minute")
}

func (l LeftVersion) name() string {
	switch {
	case len(l.Tags) > 0:
		return strings.Join(l.Tags, ", ")
	case l.Digest != "":
		return shortDigests(l.Digest)
	}
	return "all versions"
}

// why returns the reason why a selected version stays, as a sentence.
func (l LeftVersion) why() string {
	switch l.Reason {
	case plan.LastTagged:
		return "GitHub keeps the last tagged version of a package. To delete it, set empty: delete."
	case plan.Downloads:
		return "It is public and has more than 5,000 downloads. Only GitHub's support can delete it."
	case plan.Changed:
		return "Another run changed it at the same time."
	case plan.Shared:
		return "Another tag of the image stays. To remove only this tag, set detach: true."
	case plan.Unreadable:
		return "A manifest of the package cannot be read."
	}
	return "The time or the rate limit of the run is used up. The next run continues."
}

// undoCommand returns the command that restores what the run deleted. All shells accept the
// form of the path, also on Windows.
func (c *Cleanup) undoCommand() string {
	path := filepath.ToSlash(c.UndoFile)
	if strings.Contains(path, " ") {
		path = strconv.Quote(path)
	}
	return "ghcr-publish cleanup --undo " + path
}
