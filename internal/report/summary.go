package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// Markdown returns the job summary.
func (r *Report) Markdown() markdown.Text {
	var b markdown.Builder
	b.Printf("## %s\n\n", r.title())
	mdErrors(&b, r.Errors)
	switch {
	case r.Outcome == Skipped:
		r.mdSkipped(&b)
	case r.Outcome == Planned:
		r.mdPlan(&b)
	case r.Outcome == Gated:
		r.mdGate(&b)
		r.mdResult(&b)
	case r.Outcome != Failed || r.Changed():
		r.mdResult(&b)
	default:
		mdNotices(&b, r.Notices)
	}
	if r.Cleanup != nil {
		b.Printf("\n%s", r.Cleanup.afterPublication())
	}
	return b.Text()
}

// FailureMarkdown returns the job summary of a command that failed before it had a
// report, for example because of a wrong input. The parameter "command" is empty if the
// input "command" is wrong.
func FailureMarkdown(command input.Command, err error) markdown.Text {
	var b markdown.Builder
	switch {
	case command == "":
		b.Printf("## ❌ The step failed\n\n")
	case writes(command):
		b.Printf("## ❌ %s failed, and nothing was written\n\n", working(command))
	default:
		b.Printf("## ❌ The command %s failed\n\n", command)
	}
	mdErrors(&b, errorMessages(err))
	return b.Text()
}

// FailureText returns the line of the log for a command that failed before it
// had a report. FailureText returns "" for commands that do not publish.
func FailureText(command input.Command) string {
	if !writes(command) {
		return ""
	}
	return fmt.Sprintf("%s failed. Nothing was written.\n", working(command))
}

// FailureOutputs returns the outputs of a command that failed before it had a report. The
// parameter "command" is empty if the input "command" is wrong.
func FailureOutputs(command input.Command) []Output {
	if writes(command) || slices.Contains([]input.Command{"", input.Pull, input.Check}, command) {
		return []Output{{"outcome", string(Failed)}}
	}
	return nil
}

// The function "writes" reports whether a command publishes an image.
func writes(c input.Command) bool {
	return c == input.Publish || c == input.Merge || c == input.Promote || c == input.Attest
}

// title returns the headline of the summary. The headline contains the image
// and the version.
func (r *Report) title() markdown.Text {
	switch r.Outcome {
	case Published:
		if r.ByDigest {
			return markdown.Sprintf("📦 %s", r.pushedByDigest())
		}
		return markdown.Sprintf("✅ %s", r.published())
	case Unchanged:
		if r.Command == string(input.Attest) {
			return markdown.Sprintf("✅ Already attested: %s", r.subject())
		}
		return markdown.Sprintf("✅ Already published: %s", r.subject())
	case Planned:
		return markdown.Sprintf("📋 Dry run: nothing was published")
	case Skipped:
		return markdown.Sprintf("⏭️ Not published: %s", r.Reason)
	case Gated:
		return markdown.Sprintf("🚧 The gate did not accept %s, and no tag was moved", r.subject())
	}
	switch {
	case r.proven():
		return markdown.Sprintf("⚠️ %s, but the step failed", r.published())
	case r.Changed():
		return markdown.Sprintf("❌ %s failed after a part of the image was written", r.working())
	case r.Planned != nil:
		return markdown.Sprintf("❌ %s would fail", r.working())
	}
	return markdown.Sprintf("❌ %s failed, and nothing was written", r.working())
}

// published returns the first part of the title for a run that has published an
// image.
func (r *Report) published() markdown.Text {
	if r.Command != string(input.Promote) {
		return markdown.Sprintf("%s%s", r.verb(), r.subject())
	}
	if len(r.Images) == 1 {
		return markdown.Sprintf("Promoted %s to %s", markdown.Code(r.Images[0].Image), r.Images[0].mainTag(r.Version))
	}
	return markdown.Sprintf("Promoted to %s", r.subject())
}

// working returns the first word of a message about the command, for example
// "Publishing".
func (r *Report) working() string { return working(input.Command(r.Command)) }

func working(c input.Command) string {
	switch c {
	case input.Promote:
		return "Promoting"
	case input.Merge:
		return "Merging"
	case input.Attest:
		return "Attesting"
	}
	return "Publishing"
}

// subject returns the name and the version of the image. For several repositories, the
// method "subject" returns the version and the number of repositories.
func (r *Report) subject() markdown.Text {
	version := ""
	if len(r.Images) > 0 {
		version = r.Images[0].mainTag(r.Version)
	}
	if len(r.Images) != 1 {
		return markdown.Escape(strings.TrimSpace(fmt.Sprintf("%s in %s", version, Count(len(r.Images), "repository"))))
	}
	if version == "" {
		return markdown.Code(r.Images[0].Image)
	}
	return markdown.Sprintf("%s %s", markdown.Code(r.Images[0].Image), version)
}

// pushedByDigest returns the title for a push by digest. The title names the
// platforms of the image. An artifact has no platform.
func (r *Report) pushedByDigest() string {
	names := []string{}
	for _, p := range r.Platforms[:min(len(r.Platforms), maxRows)] {
		names = append(names, p.name())
	}
	if len(names) == 0 {
		return "Pushed an artifact without a tag"
	}
	return fmt.Sprintf("Pushed %s by digest, without a tag", strings.Join(names, ", "))
}

// mdSkipped writes the reason why the run did not push the image, and the cure.
func (r *Report) mdSkipped(b *markdown.Builder) {
	if r.Archive != nil {
		b.Printf("The archive %s contains the image %s.\n\n", markdown.Code(r.Archive.Path), markdown.Code(r.Archive.Digest))
	}
	mdRefusal(b, r.Refusal)
	mdNotices(b, r.Notices)
}

// mdRefusal writes the cure for a refused push. The response of the registry
// follows in a block that the reader can open.
func mdRefusal(b *markdown.Builder, m *Message) {
	if m == nil {
		return
	}
	b.Printf("%s\n\n", hint(cut(m.Hint, maxText)))
	if m.Text != "" {
		details(b, "Response of the registry", markdown.Sprintf("%s\n", cut(m.Text, maxText)))
	}
}

// mdResult writes the facts about each destination, and the tables of platforms and
// rules.
func (r *Report) mdResult(b *markdown.Builder) {
	for n, i := range r.Images {
		if n == maxImages {
			b.Printf("… and %d more images.\n\n", len(r.Images)-n)
			break
		}
		if len(r.Images) > 1 {
			b.Printf("### %s\n\n", markdown.Link(i.Image, i.PackageURL))
		}
		if r.ByDigest {
			b.Printf("%s%s\n\n", markdown.Code(i.Reference), r.afterDigest())
			continue
		}
		r.mdImage(b, i)
	}
	r.mdAttestations(b)
	mdNotices(b, r.Notices)
	if r.ByDigest {
		return
	}
	r.mdReplaced(b)
	if !r.several() { // The facts about each image contain its platforms.
		mdPlatforms(b, r.Platforms)
	}
	mdRules(b, r.Rules)
	r.mdTransfer(b)
}

// afterDigest returns a sentence about the next step after a push by digest.
func (r *Report) afterDigest() markdown.Text {
	if len(r.Platforms) == 0 {
		return markdown.Text{}
	}
	return markdown.Sprintf(". The command **merge** adds this image to an index and gives the index a tag.")
}

// mdPlatforms writes a table of the platforms into a block that the reader can
// open.
func mdPlatforms(b *markdown.Builder, platforms []Platform) {
	if len(platforms) == 0 {
		return
	}
	title := Count(len(platforms), "platform")
	if size := totalSize(platforms); size > 0 {
		title += ", " + Bytes(size)
	}
	details(b, title, platformTable(platforms))
}

// totalSize returns the total size of all platforms. A layer that several platforms
// share counts once.
func totalSize(platforms []Platform) int64 {
	sum, seen := int64(0), map[string]bool{}
	for _, p := range platforms {
		sum += p.Size
		for _, l := range p.Layers {
			if l.Digest != "" && seen[l.Digest] {
				sum -= l.Size
			}
			seen[l.Digest] = true
		}
	}
	return sum
}

// platformTable returns a table of platforms.
func platformTable(platforms []Platform) markdown.Text {
	var b markdown.Builder
	b.Printf("| Platform | Size | Layers | Digest |\n|---|--:|--:|---|\n")
	for n, p := range platforms {
		if n == maxRows {
			b.Printf("| … and %d more | | | |\n", len(platforms)-n)
			break
		}
		digest := short(p.Digest)
		if p.Digest == "" {
			digest = markdown.Escape(unknownDigest)
		}
		if p.Size == 0 {
			b.Printf("| %s | not read | | %s |\n", p.name(), digest)
			continue
		}
		b.Printf("| %s | %s | %d | %s |\n", p.name(), Bytes(p.Size), len(p.Layers), digest)
	}
	return b.Text()
}

// mdTransfer writes one line in small print about the blobs and the requests.
func (r *Report) mdTransfer(b *markdown.Builder) {
	if r.Transfer.Requests == 0 {
		return
	}
	parts := []string{}
	if len(r.Images) == 1 {
		parts = append(parts, "Blobs: "+r.Images[0].blobText())
	}
	if n := len(r.Attachments); n > 0 {
		parts = append(parts, Count(n, "attachment")+" pushed")
	}
	b.Printf("<sub>%s</sub>\n", strings.Join(append(parts, r.transferText()), " · "))
}
