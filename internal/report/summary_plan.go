package report

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// mdPlan writes the answer of a dry run: the tags of each destination first, and then
// the platforms and the steps as closed tables.
func (r *Report) mdPlan(b *strings.Builder) {
	for n, p := range r.Planned {
		if n == maxImages {
			fmt.Fprintf(b, "… and %d more images.\n\n", len(r.Planned)-n)
			break
		}
		fmt.Fprintf(b, "%s\n\n", p.sentence(r, code, bold))
		p.mdTags(b)
		fmt.Fprintf(b, "%s\n\n", sentence(strings.Join(p.facts(), " · ")))
	}
	mdNotices(b, r.Notices)
	r.mdPlatforms(b)
	r.mdSteps(b)
	mdRules(b, r.Rules)
}

func bold(s string) string { return "**" + text(s) + "**" }

// sentence states what the run would do in the destination. name and value render the
// name of the image and the visibility.
func (p PlannedImage) sentence(r *Report, name, value func(string) string) string {
	verb, created := "would publish", ""
	if r.Command == string(input.Promote) {
		verb = "would add tags to"
	}
	if p.New {
		created = " (a new package)"
	}
	if p.New && p.Visibility != "" {
		created = fmt.Sprintf(" (a new package, which would be %s)", value(p.Visibility))
	}
	switch {
	case !p.writes(r):
		return fmt.Sprintf("This run would change nothing in %s.", name(p.Image))
	case p.MayPush == "no":
		return fmt.Sprintf("This run could not publish %s, because the token may not push. With another token, this would change:", name(p.Image))
	case len(p.Tags) == 0:
		return fmt.Sprintf("This run would push the image by digest, without a tag, to %s%s.", name(p.Image), created)
	}
	return fmt.Sprintf("This run %s %s%s:", verb, name(p.Image), created)
}

// writes reports whether the run would write to the destination.
func (p PlannedImage) writes(r *Report) bool {
	for _, s := range r.Steps {
		if s.Image == p.Image && s.Needed {
			return true
		}
	}
	return false
}

// changeTexts describes each change of a tag.
var changeTexts = map[Change]string{
	TagNew:       "be new",
	TagMoved:     "move",
	TagUnchanged: "stay unchanged",
	TagKept:      "not move",
	TagWritten:   "be written",
}

func (t PlannedTag) changeText() string {
	out := changeTexts[t.Change]
	if t.Reason != "" && t.Change != TagUnchanged {
		out += ": " + t.Reason
	}
	return out
}

// before returns the previous digest of a tag that would move, or "".
func (t PlannedTag) before() string {
	if t.Change == TagMoved {
		return t.Previous
	}
	return ""
}

func (p PlannedImage) mdTags(b *strings.Builder) {
	if len(p.Tags) == 0 {
		return
	}
	rows := make([]tagRow, len(p.Tags))
	for n, t := range p.Tags {
		rows[n] = tagRow{t.Name, t.changeText(), t.before()}
	}
	mdTagRows(b, "Would", rows)
}

// facts returns what the run would transfer, and that the token may push.
func (p PlannedImage) facts() []string {
	out := []string{fmt.Sprintf("%d of %s to upload (%s)", p.Upload.Blobs, Count(p.Blobs, "blob"), Bytes(p.Upload.Bytes))}
	if p.Upload.Blobs == 0 {
		out[0] = "no blob to upload"
	}
	if p.Mount.Blobs > 0 {
		out = append(out, fmt.Sprintf("%d to mount (%s)", p.Mount.Blobs, Bytes(p.Mount.Bytes)))
	}
	if p.MayPush == "yes" {
		out = append(out, "the token may push")
	}
	return out
}

func (r *Report) mdSteps(b *strings.Builder) {
	if len(r.Steps) == 0 {
		return
	}
	var table strings.Builder
	table.WriteString("| | Kind | Image | Object | Size |\n|---|---|---|---|--:|\n")
	for n, s := range r.Steps {
		if n == maxSteps {
			fmt.Fprintf(&table, "| | | | … and %d more steps | |\n", len(r.Steps)-n)
			break
		}
		state, object := "present", code(s.Object)
		if s.Needed {
			state = "**to do**"
		}
		if s.Kind != "tag" && strings.Contains(s.Object, ":") {
			object = short(s.Object)
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s %s | %s |\n", state, s.Kind, text(s.Image), object, text(shortDigests(s.Detail)), s.size())
	}
	details(b, "All "+Count(len(r.Steps), "step"), table.String())
}

// size returns the size of the step's object, or "" for a tag.
func (s Step) size() string {
	if s.Bytes == 0 {
		return ""
	}
	return Bytes(s.Bytes)
}
