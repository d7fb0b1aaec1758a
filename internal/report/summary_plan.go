package report

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// mdPlan writes the result of a dry run: first the tags of each destination,
// and then tables of the platforms and the steps.
func (r *Report) mdPlan(b *markdown.Builder) {
	for n, p := range r.Planned {
		if n == maxImages {
			b.Printf("… and %d more images.\n\n", len(r.Planned)-n)
			break
		}
		b.Printf("%s\n\n", p.sentence(r))
		p.mdTags(b)
		b.Printf("%s\n\n", sentence(strings.Join(p.facts(), " · ")))
	}
	if r.gateSteps() {
		b.Printf("%s\n\n", gatePlanned)
	}
	if r.attestationSteps() {
		b.Printf("%s\n\n", attestationPlanned)
	}
	mdNotices(b, r.Notices)
	mdPlatforms(b, r.Platforms)
	r.mdSteps(b)
	mdRules(b, r.Rules)
}

// sentence returns a sentence that describes the planned changes in the
// destination.
func (p PlannedImage) sentence(r *Report) markdown.Text {
	name := markdown.Code(p.Image)
	verb, created := "would publish", markdown.Text{}
	if r.Command == string(input.Promote) {
		verb = "would add tags to"
	}
	if p.New {
		created = markdown.Sprintf(" (a new package)")
	}
	if p.New && p.Visibility != "" {
		created = markdown.Sprintf(" (a new package, which would be %s)", markdown.Bold(p.Visibility))
	}
	switch {
	case !p.writes(r):
		return markdown.Sprintf("This run would change nothing in %s.", name)
	case p.MayPush == "no":
		return markdown.Sprintf("This run could not publish %s, because the token may not push. With a token that may push, the run would make these changes:", name)
	case len(p.Tags) == 0:
		return markdown.Sprintf("This run would push the image by digest, without a tag, to %s%s.", name, created)
	}
	return markdown.Sprintf("This run %s %s%s:", verb, name, created)
}

// The method "writes" reports whether the run would write anything to the destination.
func (p PlannedImage) writes(r *Report) bool {
	for _, s := range r.Steps {
		if s.Image == p.Image && s.Needed && s.Kind != string(plan.RunGate) && s.Kind != string(plan.Attest) {
			return true
		}
	}
	return false
}

// changeTexts maps each change of a tag to a phrase that can follow the word "would".
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

// The method "before" returns the current digest of a tag that would move, and "" for
// any other tag.
func (t PlannedTag) before() string {
	if t.Change == TagMoved {
		return t.Previous
	}
	return ""
}

func (p PlannedImage) mdTags(b *markdown.Builder) {
	if len(p.Tags) == 0 {
		return
	}
	rows := make([]tagRow, len(p.Tags))
	for n, t := range p.Tags {
		rows[n] = tagRow{t.Name, t.changeText(), t.before()}
	}
	mdTagRows(b, "The tag would", rows)
}

// facts returns short texts about the planned transfer of blobs, and about the
// permission of the token.
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

func (r *Report) mdSteps(b *markdown.Builder) {
	if len(r.Steps) == 0 {
		return
	}
	var table markdown.Builder
	table.Printf("| | Kind | Image | Object | Size |\n|---|---|---|---|--:|\n")
	for n, s := range r.Steps {
		if n == maxSteps {
			table.Printf("| | | | … and %d more steps | |\n", len(r.Steps)-n)
			break
		}
		state, object := markdown.Escape("present"), markdown.Code(s.Object)
		if s.Needed {
			state = markdown.Bold("to do")
		}
		if s.Kind != "tag" && strings.Contains(s.Object, ":") {
			object = short(s.Object)
		}
		table.Printf("| %s | %s | %s | %s %s | %s |\n", state, s.Kind, s.Image, object, shortDigests(s.Detail), s.size())
	}
	details(b, "All "+Count(len(r.Steps), "step"), table.Text())
}

// size returns the size of a blob or manifest, and "" for a tag.
func (s Step) size() string {
	if s.Bytes == 0 {
		return ""
	}
	return Bytes(s.Bytes)
}
