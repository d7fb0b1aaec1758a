package report

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
)

// Fill copies the facts of the outcomes of a run into the report. A run has one outcome for
// each image. The parameter "wanted" is the value of the input "visibility". If the run
// returned an error, the caller adds it with [Report.Fail] after Fill.
func (r *Report) Fill(outcomes []*publish.Outcome, wanted input.Visibility) {
	if len(outcomes) == 1 {
		r.fill(outcomes[0], wanted)
		return
	}
	r.fillRelease(outcomes, wanted)
}

// fill copies the facts of the outcome of one image.
func (r *Report) fill(o *publish.Outcome, wanted input.Visibility) {
	r.Outcome = Outcome(o.Status)
	r.setRefusal(o)
	r.setGate(o.Gate)
	r.Notice(o.Notices()...)
	if !r.ByDigest {
		r.Version, r.TagNames, r.Rules = o.Names.Version, o.Names.Names(), o.Names.Explain()
	}
	if o.Found != nil && o.Found.Root != nil {
		r.setTree(o.Found.Root)
		r.descriptorAnnotations = mutate.DescriptorAnnotations(o.Found.Root, o.Names.Placed)
	}
	if o.DryRun {
		if o.Plan != nil {
			r.setPlan(o.Plan, o.Found, o.Names)
		}
		return
	}
	if o.Archive != "" {
		r.Archive = &Archive{Path: o.Archive, Digest: o.Found.Root.Descriptor.Digest.String()}
	}
	r.setAttestations(o)
	r.setChanges(o.Replaced)
	for _, a := range o.Attached {
		r.Attachments = append(r.Attachments, a.String())
	}
	if o.Result == nil {
		return
	}
	r.setResult(o.Result, o.Names)
	for i, page := range o.Pages {
		if page.Package != "" {
			image := &r.Images[i]
			image.PackageURL, image.SettingsURL, image.VisibilityWanted = page.Package, page.Settings, string(wanted)
		}
	}
}

// setRefusal sets the reason why a run skipped the push. The message is a
// notice if GitHub gives the run a read-only token on purpose, or if the event
// publishes nothing. Any other message is a warning.
func (r *Report) setRefusal(o *publish.Outcome) {
	if o.Refusal == nil {
		return
	}
	m := errorMessages(o.Refusal)[0]
	m.Level, r.Reason = string(diag.Warning), inSentence(m.Title)
	if o.Expected != "" {
		m.Level, r.Reason = string(diag.Info), o.Expected
	}
	r.Refusal = &m
}

// inSentence returns a title for use after a colon. inSentence changes the
// first letter to lower case only if the title begins with "The", because other
// titles can begin with a name.
func inSentence(title string) string {
	if rest, ok := strings.CutPrefix(title, "The "); ok {
		return "the " + rest
	}
	return title
}

// setChanges sets the differences between the image and the images that it replaces.
func (r *Report) setChanges(replaced []*publish.Replaced) {
	for _, each := range replaced {
		out := Replaced{Tags: []string{}}
		if each.Changes != nil {
			out.Changes = *each.Changes
		} else {
			out.NotCompared = cut(each.Err.Error(), maxText)
			out.Platforms = []compare.PlatformChange{}
		}
		out.Before = each.Digest.String()
		for _, tag := range each.Tags {
			out.Tags = append(out.Tags, tag.String())
		}
		r.Changes = append(r.Changes, out)
	}
}
