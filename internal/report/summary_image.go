package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// mdImage writes the facts about one destination: the command that pulls the image, the
// tags, the digest and the facts about the package.
func (r *Report) mdImage(b *markdown.Builder, i Image) {
	if pull := r.pullCommand(i); pull != "" && !r.partial() {
		b.Printf("%s\n\n", markdown.Block("sh", pull+"\n"))
	}
	i.mdTags(b)
	if i.Reference != "" {
		b.Printf("**Digest**%s: %s\n\n", r.digestUse(), markdown.Code(i.Reference))
	}
	facts := i.facts(r.Run.Server)
	if r.Command == string(input.Promote) && !r.partial() {
		from := markdown.Sprintf("from %s", markdown.Code(strings.TrimPrefix(r.Source, "docker://")))
		facts = append([]markdown.Text{from}, facts...)
	}
	if len(facts) > 0 {
		b.Printf("%s\n\n", markdown.Capitalize(markdown.Join(facts, " · ")))
	}
	mdPlatforms(b, i.Platforms)
	if len(r.Images) > 1 {
		b.Printf("<sub>Blobs: %s</sub>\n\n", i.blobText())
	}
}

// digestUse returns the use of the digest. An image that the gate did not accept, or whose
// publication failed, must not be deployed.
func (r *Report) digestUse() string {
	switch {
	case r.Outcome == Gated:
		return " without the tags of this run"
	case r.partial():
		return " (not for deployments)"
	}
	return " for deployments"
}

// pullCommand returns the command that pulls the image. For an artifact or a chart, the
// command uses another program than Docker, because Docker cannot pull such content.
func (r *Report) pullCommand(i Image) string {
	reference := i.pullReference(r.Version)
	tag := i.mainTag(r.Version)
	switch {
	case reference == "" || i.content == artifacts:
		return ""
	case i.content == chart && tag != "":
		return fmt.Sprintf("helm pull oci://%s --version %s", i.Image, strings.ReplaceAll(tag, "_", "+"))
	case i.content != runnable:
		return "oras pull " + reference
	}
	return "docker pull " + reference
}

// pullReference returns the reference for the command that pulls the image. The
// reference contains the main tag, or the digest if no tag points at the image.
func (i Image) pullReference(version string) string {
	if tag := i.mainTag(version); tag != "" {
		return i.Image + ":" + tag
	}
	return i.Reference
}

// mainTag returns the tag of the version if this tag points at the image.
// Otherwise, mainTag returns the first tag that points at the image, or "".
func (i Image) mainTag(version string) string {
	first := ""
	for _, t := range i.Tags {
		points := t.State == push.Moved || t.State == push.Already
		if points && t.Name == version {
			return version
		}
		if points && first == "" {
			first = t.Name
		}
	}
	return first
}

func (i Image) mdTags(b *markdown.Builder) {
	if len(i.Tags) == 0 {
		return
	}
	rows := make([]tagRow, len(i.Tags))
	for n, t := range i.Tags {
		rows[n] = tagRow{t.Name, t.stateText(), t.before()}
	}
	mdTagRows(b, "Now", rows)
}

// tagRow is one row of the table of tags.
type tagRow struct{ name, state, before string }

// mdTagRows writes the table of tags. If no tag has a previous digest,
// mdTagRows omits the column of previous digests.
func mdTagRows(b *markdown.Builder, state string, rows []tagRow) {
	moved := slices.ContainsFunc(rows, func(r tagRow) bool { return r.before != "" })
	if moved {
		b.Printf("| Tag | %s | Before |\n|---|---|---|\n", state)
	} else {
		b.Printf("| Tag | %s |\n|---|---|\n", state)
	}
	for n, r := range rows {
		if n == maxRows {
			b.Printf("| … and %d more | |\n", len(rows)-n)
			break
		}
		b.Printf("| %s | %s |", markdown.Code(r.name), r.state)
		if moved {
			b.Printf(" %s |", short(r.before))
		}
		b.Printf("\n")
	}
	b.Printf("\n")
}

// stateTexts maps each value of Tag.State to the text that a reader of the summary sees.
var stateTexts = map[push.TagState]string{
	push.Moved:     "written",
	push.Already:   "unchanged",
	push.Untouched: "not written",
	push.Restored:  "moved, and then moved back",
	push.Elsewhere: "written, and then deleted by another run",
	push.Kept:      "not moved",
	push.Unclear:   "unknown, because the registry did not confirm the tag. Check the tag before you use it",
}

// stateText returns the text for the state of a tag.
func (t Tag) stateText() string {
	state := stateTexts[t.State]
	switch {
	case t.State == push.Untouched && t.Previous != "":
		return "not moved"
	case t.State == push.Elsewhere && t.Now != "":
		return "written, and then moved by another run to " + t.Now
	case t.State != push.Moved:
		return state
	case t.New:
		state = "new"
	case t.Previous != "":
		state = "moved"
	}
	if t.Reason != "" {
		state += ": " + t.Reason
	}
	return state
}

// The method "before" returns the digest that the tag pointed at before the run. The method
// returns "" for a tag that the run did not have to move, and if the state of the tag already
// names its digest.
func (t Tag) before() string {
	switch t.State {
	case push.Moved, push.Untouched, push.Restored:
		return t.Previous
	case push.Already, push.Elsewhere, push.Kept, push.Unclear:
	}
	return ""
}

// facts returns short texts with links about the visibility, the anonymous pull
// and the linked repository.
func (i Image) facts(server string) []markdown.Text {
	var out []markdown.Text
	for _, f := range []markdown.Text{i.visibilityMark(), markdown.Escape(i.anonymousFact()), i.linkFact(server)} {
		if !f.Empty() {
			out = append(out, f)
		}
	}
	if i.PackageURL != "" {
		out = append(out, markdown.Link("package", i.PackageURL), markdown.Link("settings", i.SettingsURL))
	}
	return out
}

// visibilityMark returns the text of visibilityFact, with a warning sign if an owner must
// change the visibility.
func (i Image) visibilityMark() markdown.Text {
	if i.VisibilityOutcome == github.NeedsOwner {
		return markdown.Sprintf("⚠️ %s", i.visibilityFact())
	}
	return i.visibilityFact()
}

// visibilityFact returns a text about the visibility. If the visibility is
// wrong, a notice in the summary contains the cure.
func (i Image) visibilityFact() markdown.Text {
	switch i.VisibilityOutcome {
	case "":
		return markdown.Text{}
	case github.Unknown:
		return markdown.Sprintf("the visibility is unknown")
	case github.NeedsOwner:
		return markdown.Sprintf("%s, but %s is wanted", markdown.Bold(i.Visibility), markdown.Bold(i.VisibilityWanted))
	case github.Changed:
		return markdown.Sprintf("%s, changed by this run", i.Visibility)
	case github.Inherited:
		return markdown.Sprintf("%s, inherited from the repository", i.Visibility)
	}
	return markdown.Escape(i.Visibility)
}

// anonymousFact returns a text about the pull without credentials. If the
// registry refused the pull of a private package, anonymousFact returns "",
// because the refusal is normal.
func (i Image) anonymousFact() string {
	switch push.Anonymous(i.AnonymousPull) {
	case push.Verified:
		return "pulled without credentials to verify it"
	case push.Unproven:
		return "the pull without credentials could not be completed"
	case push.Refused:
		if i.Visibility != "private" && i.Visibility != "internal" {
			return "a pull without credentials is refused"
		}
	}
	return ""
}

func (i Image) linkFact(server string) markdown.Text {
	switch i.Linked {
	case "yes":
		return markdown.Sprintf("linked to %s", markdown.Link(i.Repository, server+"/"+i.Repository))
	case "no":
		return markdown.Sprintf("⚠️ linked to no repository: %s", markdown.Link("connect one", i.SettingsURL))
	case "unknown":
		return markdown.Sprintf("the link to a repository is unknown")
	}
	return markdown.Text{}
}
