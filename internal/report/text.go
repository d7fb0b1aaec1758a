package report

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// Text returns the result as plain lines without control characters, for the log and
// for a terminal. The first line names the image and the tags.
func (r *Report) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.headline())
	switch {
	case r.Outcome == Skipped && r.Archive != nil:
		fmt.Fprintf(&b, "  The archive %s contains the image %s.\n", r.Archive.Path, r.Archive.Digest)
	case r.Outcome == Planned:
		r.textPlan(&b)
	case r.Outcome == Skipped, r.Outcome == Failed && !r.Changed():
	default:
		for _, i := range r.Images {
			r.textImage(&b, i)
		}
		r.textAttestations(&b)
	}
	if r.Cleanup != nil {
		b.WriteString(r.Cleanup.Text())
	}
	return b.String()
}

// Details returns the digests, the platforms and the steps of the run, with a title. A
// log shows the body as a group that is closed at first. The title and the body are empty
// if the run changed nothing.
func (r *Report) Details() (title, body string) {
	var b strings.Builder
	switch {
	case r.Outcome == Skipped, r.Outcome == Failed && r.Planned != nil:
		return "", ""
	case len(r.Steps) > 0:
		r.textSteps(&b)
		r.textRules(&b)
		return "All " + Count(len(r.Steps), "step"), b.String()
	case len(r.Images) == 0 || r.Outcome == Failed && !r.Changed():
		return "", ""
	}
	if !r.several() {
		textPlatforms(&b, r.Platforms)
	}
	for _, i := range r.Images {
		if r.several() {
			fmt.Fprintf(&b, "%s\n", i.Image)
			textPlatforms(&b, i.Platforms)
		}
		if !r.partial() { // The method Text has already written the tags of a partial result.
			i.textTags(&b)
		}
	}
	r.textRules(&b)
	for _, each := range r.Changes {
		if each.NotCompared == "" {
			fmt.Fprintf(&b, "  changes since %s\n", each.Before)
			textPlatformChanges(&b, each.Platforms, "    ")
		}
	}
	for _, ref := range r.Attachments {
		fmt.Fprintf(&b, "  pushed the attachment %s\n", ref)
	}
	r.textVerify(&b)
	if r.Transfer.Requests > 0 {
		fmt.Fprintf(&b, "  %s\n", r.transferText())
	}
	return "Platforms, tags and requests", b.String()
}

// textRules writes the rules with a false condition, because the log otherwise does not
// explain why their tags are missing.
func (r *Report) textRules(b *strings.Builder) {
	for _, rule := range r.Rules {
		if before, reason, ok := strings.Cut(rule, " skipped: "); ok && strings.HasPrefix(reason, "disabled by enable=") {
			fmt.Fprintf(b, "  no tag from %s: %s\n", before, reason)
		}
	}
}

// NoticeText returns the notices and the refusal of a skipped push as lines,
// for a terminal. In a workflow, these messages are annotations.
func (r *Report) NoticeText() string {
	var b strings.Builder
	for _, m := range r.Notices {
		fmt.Fprintf(&b, "%s: %s\n", m.Level, m.Text)
	}
	if r.Refusal != nil {
		fmt.Fprintln(&b, r.Refusal.body())
	}
	return b.String()
}

// Annotation returns the message that explains why the run did not push. The result "ok"
// is false if the run did not skip the push.
func (r *Report) Annotation() (m Message, ok bool) {
	if r.Outcome != Skipped {
		return Message{}, false
	}
	m = Message{Level: "notice", Title: "Not published", Text: sentence(r.Reason) + "."}
	if r.Refusal != nil {
		m = Message{Level: r.Refusal.Level, Title: "Not published: " + r.Reason, Text: r.Refusal.body()}
	}
	return m, true
}

// body returns the cure and the cause of a message.
func (m Message) body() string { return strings.TrimSpace(m.Hint + "\n" + m.Text) }

func (r *Report) headline() string {
	switch r.Outcome {
	case Published:
		if r.ByDigest {
			return r.pushedByDigest()
		}
		return r.verb() + r.tagged()
	case Unchanged:
		if r.Command == string(input.Attest) {
			return "Already attested " + r.tagged()
		}
		return "Already published " + r.tagged()
	case Planned:
		return "Dry run: nothing was published."
	case Skipped:
		return "Not published: " + r.Reason
	case Gated:
		return "The gate did not accept the image. No tag was moved. This is the state of each destination:"
	}
	switch {
	case r.proven():
		return fmt.Sprintf("%s%s. But the step failed after the image was published.", r.verb(), r.tagged())
	case r.Changed():
		return fmt.Sprintf("%s failed after a part of the image was written. This is the state of each destination:", r.working())
	}
	if r.Planned != nil {
		return fmt.Sprintf("Dry run: %s would fail.", strings.ToLower(r.working()))
	}
	return fmt.Sprintf("%s failed. Nothing was written.", r.working())
}

// partial reports whether the run failed after it had written only a part of
// the image, or an image without its tags.
func (r *Report) partial() bool {
	return r.Outcome == Gated || r.Outcome == Failed && r.Changed() && !r.proven()
}

func (r *Report) verb() string {
	switch input.Command(r.Command) {
	case input.Promote:
		return "Promoted "
	case input.Attest:
		return "Attested "
	}
	return "Published "
}

// tagged returns the name and the tags of the image. For several repositories, the
// method "tagged" returns the tags and the number of repositories.
func (r *Report) tagged() string {
	if len(r.Images) == 1 {
		i := r.Images[0]
		if tags := i.pointing(); len(tags) > 0 {
			return i.Image + ": " + strings.Join(tags, ", ")
		}
		return i.Reference
	}
	return strings.Join(r.names(), ", ") + " in " + Count(len(r.Images), "repository")
}

// pointing returns the tags that point at the image.
func (i Image) pointing() []string {
	var out []string
	for _, t := range i.Tags {
		if i.mainTag(t.Name) == t.Name {
			out = append(out, t.Name)
		}
	}
	return out
}

// textImage writes the facts about one destination.
func (r *Report) textImage(b *strings.Builder, i Image) {
	if len(r.Images) > 1 {
		fmt.Fprintln(b, strings.TrimSuffix(i.Image+": "+strings.Join(i.pointing(), ", "), ": "))
	}
	if r.partial() {
		i.textTags(b)
	} else if pull := r.pullCommand(i); pull != "" && !r.ByDigest {
		fmt.Fprintf(b, "  %s\n", pull)
	}
	if i.Reference != "" {
		fmt.Fprintf(b, "  digest: %s\n", i.Reference)
	}
	if facts := i.textFacts(); facts != "" {
		fmt.Fprintf(b, "  %s\n", facts)
	}
	fmt.Fprintf(b, "  blobs: %s\n", i.blobText())
}

// textFacts returns the facts about the package as one line.
func (i Image) textFacts() string {
	var out []string
	for _, f := range []string{i.visibilityFact().Plain(), i.anonymousFact(), i.textLink()} {
		if f != "" {
			out = append(out, f)
		}
	}
	return strings.Join(out, "; ")
}

func (i Image) textLink() string {
	switch i.Linked {
	case "yes":
		return "linked to " + i.Repository
	case "no":
		return fmt.Sprintf("linked to no repository: connect one at %s", i.SettingsURL)
	case "unknown":
		return "the link to a repository is unknown"
	}
	return ""
}

// textTags writes a table of the tags with their full previous digests.
func (i Image) textTags(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for _, t := range i.Tags {
		state := t.stateText()
		switch {
		case t.before() == "":
		case t.State == push.Moved:
			state += ", previously " + t.before()
		default:
			state += ", points at " + t.before()
		}
		fmt.Fprintf(w, "  %s\t%s\n", t.Reference, state)
	}
	w.Flush()
}

func textPlatforms(b *strings.Builder, platforms []Platform) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for _, p := range platforms {
		size := "not read"
		if p.Size > 0 {
			size = fmt.Sprintf("%s in %s", Bytes(p.Size), Count(len(p.Layers), "layer"))
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", p.name(), p.Digest, size)
	}
	w.Flush()
}

// textPlan writes the tags of each destination of a dry run.
func (r *Report) textPlan(b *strings.Builder) {
	for _, p := range r.Planned {
		fmt.Fprintf(b, "%s\n", p.sentence(r).Plain())
		w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
		for _, t := range p.Tags {
			fmt.Fprintf(w, "  %s\twould %s\n", t.Name, t.changeText())
		}
		w.Flush()
		fmt.Fprintf(b, "  %s\n", strings.Join(p.facts(), "; "))
	}
	if r.gateSteps() {
		fmt.Fprintf(b, "%s\n", gatePlanned)
	}
	if r.attestationSteps() {
		fmt.Fprintf(b, "%s\n", attestationPlanned)
	}
}

// textSteps writes a table of the steps of a dry run.
func (r *Report) textSteps(b *strings.Builder) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 4, 2, ' ', 0)
	for _, s := range r.Steps {
		state := "present"
		if s.Needed {
			state = "to do"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", state, s.Kind, s.Image, s.Object, s.size(), s.Detail)
	}
	w.Flush()
	for line := range strings.Lines(table.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n") // The table writer fills empty cells with blanks, and TrimRight removes these blanks.
	}
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
		return "no blob was needed"
	default:
		return "no blob was sent"
	}
	return strings.Join(parts, ", ")
}

// transferText returns the number of requests and bytes, and the time for blobs and
// manifests.
func (r *Report) transferText() string {
	t := r.Transfer
	out := fmt.Sprintf("%s, %s sent in %.1f s", Count(int(t.Requests), "request"), Bytes(t.BytesSent), t.Seconds)
	if t.Retries > 0 {
		out += fmt.Sprintf(", %d repeated", t.Retries)
	}
	return out
}

// Count returns a number and a noun, which is in the singular for the number 1 and
// otherwise in the plural.
func Count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ry"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
