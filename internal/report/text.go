package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Text is the closing word of a run in the log and at a terminal: plain
// lines, no control characters.
func (r *Report) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.headline())
	switch r.Outcome {
	case Planned:
		r.textPlan(&b)
	case Skipped:
	default:
		r.textImages(&b)
	}
	return b.String()
}

// Notes are the notices, for a terminal: in a workflow they are annotations,
// and in its log so.
func (r *Report) Notes() string {
	var b strings.Builder
	for _, m := range r.Notices {
		fmt.Fprintf(&b, "%s: %s\n", m.Level, m.Text)
	}
	return b.String()
}

func (r *Report) headline() string {
	switch r.Outcome {
	case Published:
		return fmt.Sprintf("Published %s from %s.", r.Digest, r.Source)
	case Unchanged:
		if len(r.references()) == 0 {
			return fmt.Sprintf("Nothing to do: %s is there already.", r.Digest)
		}
		return fmt.Sprintf("Nothing to do: %s is there already, under every tag.", r.Digest)
	case Planned:
		return fmt.Sprintf("Dry run of %s: nothing was written.", r.Source)
	case Skipped:
		if r.Archive != nil {
			return fmt.Sprintf("Not published, but kept: %s is in %s. %s", r.Archive.Digest, r.Archive.Path, r.Why)
		}
		return "Skipped: " + r.Why
	}
	switch {
	case r.proven():
		return fmt.Sprintf("%s is published, but not all that was asked for is true:", r.Digest)
	case r.Changed():
		return "Failed half way. What is true now:"
	}
	return "Failed. Nothing was written."
}

func (r *Report) textPlan(b *strings.Builder) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 4, 2, ' ', 0)
	for _, s := range r.Steps {
		state := "already there"
		if s.Needed {
			state = "to do"
		}
		size := ""
		if s.Bytes > 0 {
			size = Bytes(s.Bytes)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", state, s.Kind, s.Image, s.What, size, s.How)
	}
	w.Flush()
	for line := range strings.Lines(table.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n") // empty cells are padded
	}
}

func (r *Report) textImages(b *strings.Builder) {
	if len(r.Images) == 0 {
		return // it ended before anything became true of the image
	}
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for _, p := range r.Platforms {
		fmt.Fprintf(w, "  %s\t%s\t%s in %s\n", p.Platform, p.Digest, Bytes(p.Size), Count(len(p.Layers), "layer"))
	}
	w.Flush()
	for _, i := range r.Images {
		r.textImage(b, i)
	}
	for _, ref := range r.Along {
		fmt.Fprintf(b, "  brought along: %s\n", ref)
	}
	if r.Transfer.Requests > 0 {
		fmt.Fprintf(b, "  %s, %s repeated, %s sent, %.1f s for blobs and manifests\n",
			Count(int(r.Transfer.Requests), "request"), fmt.Sprint(r.Transfer.Retries), Bytes(r.Transfer.BytesSent), r.Transfer.Seconds)
	}
}

func (r *Report) textImage(b *strings.Builder, i Image) {
	fmt.Fprintf(b, "%s\n", i.Image)
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for _, t := range i.Tags {
		fmt.Fprintf(w, "  %s\t%s\n", t.Reference, t.words())
	}
	w.Flush()
	fmt.Fprintf(b, "  blobs: %s\n", i.blobWords())
	if i.Visibility != "" || i.VisibilityIs != "" {
		fmt.Fprintf(b, "  visibility: %s\n", i.visibilityWords())
	}
	if i.Linked != "" {
		fmt.Fprintf(b, "  linked to a repository: %s\n", i.linkWords())
	}
	if i.AnonymousPull != "" {
		fmt.Fprintf(b, "  anonymous pull: %s\n", i.AnonymousPull)
	}
	if i.Reference != "" {
		fmt.Fprintf(b, "  docker pull %s\n", i.Reference)
	}
}

// words say what became of a tag.
func (t Tag) words() string {
	words := map[string]string{
		"moved": "points here now", "already": "pointed here before",
		"untouched": "not touched", "kept": "stays at something newer", "unclear": "was written, but no answer came: look before you rely on it",
	}[t.State]
	if t.State == "moved" && t.Previous != "" {
		words += " (before: " + t.Previous + ")"
	}
	return words
}

func (i Image) blobWords() string {
	var parts []string
	for _, part := range []struct {
		tally Tally
		word  string
	}{{i.Uploaded, "uploaded"}, {i.Mounted, "mounted"}, {i.Present, "already there"}} {
		if part.tally.Blobs > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", part.tally.Blobs, part.word, Bytes(part.tally.Bytes)))
		}
	}
	switch {
	case len(parts) > 0:
	case i.Complete:
		return "none needed"
	default:
		return "none sent"
	}
	return strings.Join(parts, ", ")
}

func (i Image) visibilityWords() string {
	words := i.Visibility
	switch i.VisibilityIs {
	case "unknown":
		return "unknown: GitHub's API could not be asked"
	case "inherited":
		words += ", inherited from the repository"
	case "changed":
		words += ", changed by this run"
	case "already":
		words += ", as wanted"
	case "needs-owner":
		words += fmt.Sprintf(", not %s: an owner changes it at %s", i.Wanted, i.SettingsURL)
	}
	return words
}

func (i Image) linkWords() string {
	switch i.Linked {
	case "yes":
		return "yes, " + i.Repository
	case "no":
		return "no (connect it at " + i.SettingsURL + ")"
	}
	return "unknown"
}

// Count is a number with its noun, in the plural where it needs one.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
