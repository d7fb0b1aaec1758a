package report

import (
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
)

// setPlan copies the steps and the destinations of a dry run into the report.
func (r *Report) setPlan(p *plan.Plan, found *resolve.Found, names meta.Result) {
	r.Steps, r.Planned = []Step{}, []PlannedImage{}
	for i := range found.Targets {
		r.Planned = append(r.Planned, planned(&found.Targets[i]))
	}
	for _, s := range p.Steps {
		r.Steps = append(r.Steps, step(p, s))
		r.Planned[s.Target].add(s, names)
	}
}

// planned returns the facts about a destination, without the tags and blobs of
// the plan.
func planned(t *resolve.Target) PlannedImage {
	out := PlannedImage{Image: t.Repo.Name(), New: t.CreatesPackage() && t.PushRefusal == nil, MayPush: "unknown", Tags: []PlannedTag{}}
	if out.New {
		out.Visibility = t.Inherits
	}
	switch {
	case t.MayPush:
		out.MayPush = "yes"
	case t.PushRefusal != nil:
		out.MayPush = "no"
	}
	return out
}

// add adds the tag or the blob of one step to the destination.
func (p *PlannedImage) add(s plan.Step, names meta.Result) {
	switch s.Kind {
	case plan.PushBlob:
		p.Blobs++
		if s.Needed {
			p.transfer(s)
		}
	case plan.PointTag:
		p.Tags = append(p.Tags, plannedTag(s, names))
	}
}

// transfer adds a blob to the count of blobs that the run would upload or
// mount.
func (p *PlannedImage) transfer(s plan.Step) {
	sum, size := &p.Upload, s.Blob.Descriptor.Size
	if s.How == plan.Mount {
		sum = &p.Mount
	}
	if s.Blob.Pending() {
		size = s.Blob.PlainSize
	}
	sum.Blobs++
	sum.Bytes += size
}

func plannedTag(s plan.Step, names meta.Result) PlannedTag {
	out := PlannedTag{Name: s.Tag, Change: TagWritten, Reason: reasonFor(s.Tag, names)}
	if s.From != nil {
		out.Change, out.Previous = TagMoved, s.From.String()
	}
	switch {
	case s.Kept != "":
		out.Change, out.Reason = TagKept, s.Kept
	case !s.Needed:
		out.Change = TagUnchanged
	case s.New:
		out.Change = TagNew
	}
	return out
}

// reasonFor returns the reason why the input "flavor" adds the tag "latest". For any
// other tag, reasonFor returns "".
func reasonFor(tag string, names meta.Result) string {
	for _, rule := range names.Rules {
		if rule.Text == "latest" && rule.Tag == tag {
			return rule.Note
		}
	}
	return ""
}

func step(p *plan.Plan, s plan.Step) Step {
	out := Step{Kind: string(s.Kind), Image: p.Targets[s.Target].Repo.Name(), Needed: s.Needed}
	switch s.Kind {
	case plan.PushBlob:
		out.Object, out.Bytes = unknownDigest, s.Blob.Descriptor.Size
		if s.Needed {
			out.Detail = s.How
		}
		if s.Blob.Pending() {
			out.Bytes = s.Blob.PlainSize
		} else {
			out.Object = s.Blob.Descriptor.Digest.String()
		}
	case plan.PushManifest:
		out.Object, out.Bytes = digestOf(s.Manifest), s.Manifest.Descriptor.Size
	case plan.RunGate:
		out.Object = "script"
	case plan.Attest:
		out.Object = "provenance"
	case plan.PointTag:
		out.Object, out.Detail = s.Tag, "points at "+digestOf(s.Manifest)
		if s.Kept != "" {
			out.Detail = "not moved: " + s.Kept
		}
		if s.From != nil && s.Needed {
			out.Detail += ", previously " + s.From.String()
		}
	}
	return out
}

// unknownDigest is the text that replaces a digest while the layer is not
// compressed yet.
const unknownDigest = "known after compression"

func digestOf(m *image.Manifest) string {
	if m.Pending() {
		return unknownDigest
	}
	return m.Descriptor.Digest.String()
}
