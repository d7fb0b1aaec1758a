package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// mdImage writes the state of one destination: the command that pulls the image, its
// tags, its digest and the facts about its package.
func (r *Report) mdImage(b *strings.Builder, i Image) {
	if pull := r.pullCommand(i); pull != "" && !r.partial() {
		fmt.Fprintf(b, "```sh\n%s\n```\n\n", pull)
	}
	i.mdTags(b)
	if i.Reference != "" {
		fmt.Fprintf(b, "**Digest** for deployments: %s\n\n", code(i.Reference))
	}
	if facts := i.facts(r.Run.Server); len(facts) > 0 {
		fmt.Fprintf(b, "%s\n\n", sentence(strings.Join(facts, " · ")))
	}
	if len(r.Images) > 1 {
		fmt.Fprintf(b, "<sub>Blobs: %s</sub>\n\n", i.blobText())
	}
}

// pullCommand returns the command with which a reader pulls the image. Docker cannot pull
// an artifact or a chart.
func (r *Report) pullCommand(i Image) string {
	reference := i.pullReference(r.Version)
	tag := i.mainTag(r.Version)
	switch {
	case reference == "" || r.content == artifacts:
		return ""
	case r.content == chart && tag != "":
		return fmt.Sprintf("helm pull oci://%s --version %s", i.Image, strings.ReplaceAll(tag, "_", "+"))
	case r.content != runnable:
		return "oras pull " + reference
	}
	return "docker pull " + reference
}

// pullReference returns the reference that a reader pulls: the tag of the version, or
// the digest if no tag points at the image.
func (i Image) pullReference(version string) string {
	if tag := i.mainTag(version); tag != "" {
		return i.Image + ":" + tag
	}
	return i.Reference
}

// mainTag returns the tag of the version if it points at the image, else the first tag
// that does, or "".
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

func (i Image) mdTags(b *strings.Builder) {
	if len(i.Tags) == 0 {
		return
	}
	rows := make([]tagRow, len(i.Tags))
	for n, t := range i.Tags {
		rows[n] = tagRow{t.Name, t.stateText(), t.before()}
	}
	mdTagRows(b, "Now", rows)
}

// tagRow is a row of the table of tags.
type tagRow struct{ name, state, before string }

// mdTagRows writes the table of tags. The column with the previous digests is omitted if
// it would be empty.
func mdTagRows(b *strings.Builder, state string, rows []tagRow) {
	moved := slices.ContainsFunc(rows, func(r tagRow) bool { return r.before != "" })
	head, line := "| Tag | "+state+" |", "|---|---|"
	if moved {
		head, line = head+" Before |", line+"---|"
	}
	fmt.Fprintf(b, "%s\n%s\n", head, line)
	for n, r := range rows {
		if n == maxRows {
			fmt.Fprintf(b, "| … and %d more | |\n", len(rows)-n)
			break
		}
		fmt.Fprintf(b, "| %s | %s |", code(r.name), text(r.state))
		if moved {
			fmt.Fprintf(b, " %s |", short(r.before))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// stateTexts describes each state of a tag.
var stateTexts = map[push.TagState]string{
	push.Moved:     "written",
	push.Already:   "unchanged",
	push.Untouched: "not written",
	push.Kept:      "not moved",
	push.Unclear:   "unknown: the registry did not answer the write. Check the tag before you use it",
}

// stateText describes the state of a tag.
func (t Tag) stateText() string {
	state := stateTexts[t.State]
	switch {
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

// before returns the previous digest of a tag that moved, or "".
func (t Tag) before() string {
	if t.State == push.Moved {
		return t.Previous
	}
	return ""
}

// facts returns the facts about the package as phrases, with links.
func (i Image) facts(server string) []string {
	var out []string
	for _, f := range []string{i.visibilityFact(), text(i.anonymousFact()), i.linkFact(server)} {
		if f != "" {
			out = append(out, f)
		}
	}
	if i.PackageURL != "" {
		out = append(out, link("package", i.PackageURL), link("settings", i.SettingsURL))
	}
	return out
}

// visibilityFact describes the visibility. A box of the summary contains the cure for
// another visibility than the wanted one.
func (i Image) visibilityFact() string {
	switch i.VisibilityOutcome {
	case "":
		return ""
	case github.Unknown:
		return "the visibility is unknown"
	case github.NeedsOwner:
		return fmt.Sprintf("⚠️ **%s**, but **%s** is wanted", text(i.Visibility), text(i.VisibilityWanted))
	case github.Changed:
		return text(i.Visibility) + ", changed by this run"
	case github.Inherited:
		return text(i.Visibility) + ", inherited from the repository"
	}
	return text(i.Visibility)
}

// anonymousFact describes the pull without credentials. A private package refuses such
// a pull, so the result is obvious and anonymousFact returns "".
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

func (i Image) linkFact(server string) string {
	switch i.Linked {
	case "yes":
		return "linked to " + link(i.Repository, server+"/"+i.Repository)
	case "no":
		return "⚠️ linked to no repository: " + link("connect one", i.SettingsURL)
	case "unknown":
		return "the link to a repository is unknown"
	}
	return ""
}
