package report

import (
	"sort"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// New returns an empty report of a run.
func New(source string, run Run) *Report {
	return &Report{Schema: SchemaID, Outcome: Failed, Source: source, Run: run, TagNames: []string{}, Platforms: []Platform{}, Images: []Image{}}
}

// Tree fills in what is known of the image itself.
func (r *Report) Tree(root *image.Manifest) {
	r.MediaType = string(root.Descriptor.MediaType)
	if !root.Pending() {
		r.Digest = root.Descriptor.Digest.String()
	}
	r.Platforms = r.Platforms[:0]
	for _, m := range image.Images(root) {
		r.Platforms = append(r.Platforms, platform(m))
	}
}

func platform(m *image.Manifest) Platform {
	p := Platform{Platform: platformName(m.Platform), Layers: []Layer{}}
	if !m.Pending() {
		p.Digest = m.Descriptor.Digest.String()
	}
	for i, b := range m.Blobs {
		size := b.Descriptor.Size
		if b.Pending() {
			size = b.PlainSize // what there is to say before compression
		}
		p.Size += size
		if i == 0 {
			continue
		}
		l := Layer{Size: size}
		if !b.Pending() {
			l.Digest = b.Descriptor.Digest.String()
		}
		p.Layers = append(p.Layers, l)
	}
	return p
}

// platformName is os/arch[/variant], with the variant that every arm64 has
// left out: linux/arm64/v8 and linux/arm64 are one platform.
func platformName(p *v1.Platform) string {
	name := p.OS + "/" + p.Architecture
	if p.Variant != "" && !(p.Architecture == "arm64" && p.Variant == "v8") {
		name += "/" + p.Variant
	}
	return name
}

// Plan fills in the steps of a dry run.
func (r *Report) Plan(p *plan.Plan) {
	r.Steps = []Step{}
	for _, s := range p.Steps {
		r.Steps = append(r.Steps, step(p, s))
	}
}

func step(p *plan.Plan, s plan.Step) Step {
	out := Step{Kind: string(s.Kind), Image: p.Targets[s.Target].Repo.Name(), Needed: s.Needed}
	switch s.Kind {
	case plan.PushBlob:
		out.What, out.How, out.Bytes = "known after compression", s.How, s.Blob.Descriptor.Size
		if s.Blob.Pending() {
			out.Bytes = s.Blob.PlainSize
		} else {
			out.What = s.Blob.Descriptor.Digest.String()
		}
	case plan.PushManifest:
		out.What, out.Bytes = digestOf(s.Manifest), s.Manifest.Descriptor.Size
	case plan.PointTag:
		out.What, out.How = s.Tag, "at "+digestOf(s.Manifest)
		if s.Kept != "" {
			out.How = "stays: " + s.Kept
		}
		if s.From != nil && s.Needed {
			out.How += ", before " + s.From.String()
		}
	}
	return out
}

func digestOf(m *image.Manifest) string {
	if m.Pending() {
		return "known after compression"
	}
	return m.Descriptor.Digest.String()
}

// Result fills in what became true.
func (r *Report) Result(res *push.Result) {
	r.Tree(res.Root)
	r.Transfer.Seconds = res.Transfer.Round(time.Millisecond).Seconds()
	r.Images = r.Images[:0]
	for _, t := range res.Targets {
		r.Images = append(r.Images, imageOf(res, t))
	}
}

func imageOf(res *push.Result, t *push.TargetResult) Image {
	out := Image{
		Image: t.Repo.Name(), Complete: t.Complete, Proven: t.Proven, Tags: []Tag{},
		Uploaded: tally(t, registry.Uploaded), Mounted: tally(t, registry.Mounted), Present: tally(t, registry.Present),
		AnonymousPull: string(t.Anonymous), Manifests: t.Manifests,
	}
	if t.Complete && !res.Root.Pending() {
		out.Reference = t.Repo.Digest(res.Root.Descriptor.Digest.String()).String()
	}
	for _, tag := range t.Tags {
		each := Tag{Name: tag.Tag.TagStr(), Reference: tag.Tag.String(), State: string(tag.State), Proven: tag.Proven}
		if tag.Before != nil {
			each.Previous = tag.Before.String()
		}
		out.Tags = append(out.Tags, each)
	}
	if e := t.Package; e != nil {
		out.Visibility, out.VisibilityIs = e.Package.Visibility, string(e.Outcome)
		if out.Visibility == "" {
			out.Visibility = "unknown"
		}
		out.Repository, out.Linked = e.Package.Repository, linked(e.Package.Repository, e.Err != nil && e.Package.Visibility == "")
	}
	return out
}

func linked(repository string, unread bool) string {
	switch {
	case unread:
		return "unknown"
	case repository == "":
		return "no"
	}
	return "yes"
}

func tally(t *push.TargetResult, way registry.BlobOutcome) Tally {
	b := t.Blobs[way]
	return Tally{b.Count, b.Bytes}
}

// Notice adds notices.
func (r *Report) Notice(notices ...diag.Notice) {
	for _, n := range notices {
		r.Notices = append(r.Notices, Message{Code: n.Code, Level: string(n.Level), Title: n.Title, Text: n.Text})
	}
}

// Fail adds every error in err.
func (r *Report) Fail(err error) {
	for _, e := range diag.All(err) {
		m := Message{Code: e.Code, Level: "error", Title: e.Title, Input: e.Input, Hint: e.Hint}
		if e.Err != nil {
			m.Text = e.Err.Error()
		}
		r.Errors = append(r.Errors, m)
	}
	if err != nil {
		r.Outcome = Failed
	}
}

// digests maps platforms to digests, in the order of their names.
func (r *Report) digests() (names []string, byName map[string]string) {
	byName = map[string]string{}
	for _, p := range r.Platforms {
		if p.Digest != "" && byName[p.Platform] == "" {
			byName[p.Platform] = p.Digest
			names = append(names, p.Platform)
		}
	}
	sort.Strings(names)
	return names, byName
}
