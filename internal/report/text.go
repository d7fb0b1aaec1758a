package report

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// Text returns the report as plain lines without control characters, for the log
// and for a terminal.
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

// NoticeText returns the notices as lines, for a terminal. In a workflow, the
// notices are annotations.
func (r *Report) NoticeText() string {
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
			return fmt.Sprintf("Nothing to do: the destination already has %s.", r.Digest)
		}
		return fmt.Sprintf("Nothing to do: each tag already points at %s.", r.Digest)
	case Planned:
		return fmt.Sprintf("Dry run of %s: nothing was written.", r.Source)
	case Skipped:
		if r.Archive != nil {
			return fmt.Sprintf("Not published. The archive %s contains the image %s. %s", r.Archive.Path, r.Archive.Digest, r.Reason)
		}
		return "Skipped: " + r.Reason
	}
	switch {
	case r.proven():
		return fmt.Sprintf("%s is published, but the run failed afterwards:", r.Digest)
	case r.Changed():
		return "The run failed after it had written content. The destinations now have:"
	}
	return "Failed. Nothing was written."
}

func (r *Report) textPlan(b *strings.Builder) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 4, 2, ' ', 0)
	for _, s := range r.Steps {
		state := "present"
		if s.Needed {
			state = "to do"
		}
		size := ""
		if s.Bytes > 0 {
			size = Bytes(s.Bytes)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", state, s.Kind, s.Image, s.Object, size, s.Detail)
	}
	w.Flush()
	for line := range strings.Lines(table.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n") // the writer pads empty cells
	}
}

func (r *Report) textImages(b *strings.Builder) {
	if len(r.Images) == 0 {
		return // the run ended before the first destination was resolved
	}
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for _, p := range r.Platforms {
		fmt.Fprintf(w, "  %s\t%s\t%s in %s\n", p.Platform, p.Digest, Bytes(p.Size), Count(len(p.Layers), "layer"))
	}
	w.Flush()
	for _, i := range r.Images {
		r.textImage(b, i)
	}
	for _, ref := range r.Attachments {
		fmt.Fprintf(b, "  pushed the attachment %s\n", ref)
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
		fmt.Fprintf(w, "  %s\t%s\n", t.Reference, t.stateText())
	}
	w.Flush()
	fmt.Fprintf(b, "  blobs: %s\n", i.blobText())
	if i.Visibility != "" || i.VisibilityOutcome != "" {
		fmt.Fprintf(b, "  visibility: %s\n", i.visibilityText())
	}
	if i.Linked != "" {
		fmt.Fprintf(b, "  linked to a repository: %s\n", i.linkText())
	}
	if i.AnonymousPull != "" {
		fmt.Fprintf(b, "  anonymous pull: %s\n", i.AnonymousPull)
	}
	if i.Reference != "" {
		fmt.Fprintf(b, "  docker pull %s\n", i.Reference)
	}
}

// stateTexts describes each state of a tag.
var stateTexts = map[push.TagState]string{
	push.Moved:     "now points at this digest",
	push.Already:   "already pointed at this digest",
	push.Untouched: "not changed",
	push.Kept:      "not moved, because it points at a newer image",
	push.Unclear:   "written, but the registry did not answer; check the tag before you use it",
}

// stateText describes the state of a tag and its previous digest.
func (t Tag) stateText() string {
	if t.State == push.Moved && t.Previous != "" {
		return stateTexts[t.State] + " (previously " + t.Previous + ")"
	}
	return stateTexts[t.State]
}

func (i Image) blobText() string {
	var parts []string
	for _, part := range []struct {
		tally Tally
		label string
	}{{i.Uploaded, "uploaded"}, {i.Mounted, "mounted"}, {i.Present, "present"}} {
		if part.tally.Blobs > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", part.tally.Blobs, part.label, Bytes(part.tally.Bytes)))
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

func (i Image) visibilityText() string {
	text := i.Visibility
	switch i.VisibilityOutcome {
	case github.Unknown:
		return "unknown, because GitHub's API did not report it"
	case github.Inherited:
		text += ", inherited from the repository"
	case github.Changed:
		text += ", changed by this run"
	case github.Already:
		text += ", as requested"
	case github.NeedsOwner:
		text += fmt.Sprintf(", but %s is requested: an owner must change it at %s", i.VisibilityWanted, i.SettingsURL)
	}
	return text
}

func (i Image) linkText() string {
	switch i.Linked {
	case "yes":
		return "yes, " + i.Repository
	case "no":
		return "no; connect a repository at " + i.SettingsURL
	}
	return "unknown"
}

// Count returns a number with its noun, in the singular or in the plural.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
