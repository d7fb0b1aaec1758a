// Package report turns what happened into what people and later steps read:
// outputs, the job summary, the log's closing lines, JSON.
//
// Everything is derived from one value, [Report], which is filled from the
// result of a run, also one that failed half way. The renderings decide
// nothing and ask nobody.
package report

import (
	"fmt"
	"sort"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// SchemaID names the form of the JSON; schema.json in this folder describes
// it.
const SchemaID = "ghcr-publish/report/v1"

// Outcome is the run in one word.
type Outcome string

// The outcomes.
const (
	Published Outcome = "published" // something was written, all is proven
	Unchanged Outcome = "unchanged" // everything was so before
	Planned   Outcome = "planned"   // a dry run
	Skipped   Outcome = "skipped"   // a read-only token, and that was to be expected
	Failed    Outcome = "failed"
)

// Report is a run of publish as data: the `json` output.
type Report struct {
	Schema    string     `json:"schema"`
	Outcome   Outcome    `json:"outcome"`
	Why       string     `json:"why,omitempty"` // for skipped
	Source    string     `json:"source"`
	Digest    string     `json:"digest,omitempty"` // empty while it is not known
	MediaType string     `json:"media_type,omitempty"`
	Version   string     `json:"version,omitempty"`
	TagNames  []string   `json:"tag_names"`
	ByDigest  bool       `json:"by_digest,omitempty"` // pushed without tags, for merging
	Leg       string     `json:"leg,omitempty"`       // its name among those to be merged
	Rules     []string   `json:"rules,omitempty"`     // of the tags: what each gave, or why nothing
	Platforms []Platform `json:"platforms"`
	Images    []Image    `json:"images"`
	Steps     []Step     `json:"steps,omitempty"` // of a dry run
	Transfer  Transfer   `json:"transfer"`
	Notices   []Message  `json:"notices,omitempty"`
	Errors    []Message  `json:"errors,omitempty"`
	Run       Run        `json:"run"`
}

// Platform is one image of the tree.
type Platform struct {
	Platform string  `json:"platform"` // os/arch[/variant]
	Digest   string  `json:"digest,omitempty"`
	Size     int64   `json:"size"` // bytes of config and layers as sent
	Layers   []Layer `json:"layers"`
}

// Layer is one layer of a platform.
type Layer struct {
	Digest string `json:"digest,omitempty"`
	Size   int64  `json:"size"`
}

// Image is one destination repository.
type Image struct {
	Image         string `json:"image"`
	Reference     string `json:"reference,omitempty"` // image@digest
	Tags          []Tag  `json:"tags"`
	Complete      bool   `json:"complete"`
	Proven        bool   `json:"proven"`
	Uploaded      Tally  `json:"uploaded"`
	Mounted       Tally  `json:"mounted"`
	Present       Tally  `json:"already_there"`
	Manifests     int    `json:"manifests_written"`            // by digest
	Visibility    string `json:"visibility,omitempty"`         // as GitHub says
	VisibilityIs  string `json:"visibility_outcome,omitempty"` // already, inherited, changed, needs-owner, unknown, kept
	Wanted        string `json:"visibility_wanted,omitempty"`
	Linked        string `json:"linked,omitempty"` // yes, no, unknown
	Repository    string `json:"linked_repository,omitempty"`
	AnonymousPull string `json:"anonymous_pull,omitempty"` // verified, refused, unknown
	PackageURL    string `json:"package_url,omitempty"`
	SettingsURL   string `json:"settings_url,omitempty"`
}

// Tag is one tag of an image.
type Tag struct {
	Name      string `json:"name"`
	Reference string `json:"reference"`
	Previous  string `json:"previous,omitempty"` // digest before; empty: absent or not asked
	State     string `json:"state"`              // moved, already, untouched, unclear, held
	Proven    bool   `json:"proven"`
}

// Tally counts blobs and their bytes.
type Tally struct {
	Blobs int   `json:"blobs"`
	Bytes int64 `json:"bytes"`
}

// Step is one line of a plan.
type Step struct {
	Kind   string `json:"kind"` // blob, manifest, tag
	Image  string `json:"image"`
	What   string `json:"what"`
	How    string `json:"how,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
	Needed bool   `json:"needed"`
}

// Transfer is what went over the wire, all requests of the run together.
type Transfer struct {
	Seconds    float64  `json:"seconds"`
	Requests   int64    `json:"requests"`
	Retries    int64    `json:"retries"`
	BytesSent  int64    `json:"bytes_sent"`
	RequestIDs []string `json:"request_ids,omitempty"` // GitHub's, of manifest writes
}

// Message is a notice or an error.
type Message struct {
	Code  string `json:"code"`
	Level string `json:"level"`
	Title string `json:"title"`
	Text  string `json:"text,omitempty"`
	Input string `json:"input,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// Run says whose run it was, for the audit.
type Run struct {
	Server     string `json:"server,omitempty"`
	Repository string `json:"repository,omitempty"`
	Workflow   string `json:"workflow,omitempty"`
	ID         string `json:"id,omitempty"`
	Attempt    string `json:"attempt,omitempty"`
	Event      string `json:"event,omitempty"`
	Ref        string `json:"ref,omitempty"`
	SHA        string `json:"sha,omitempty"`
	Actor      string `json:"actor,omitempty"`
}

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
		p.Size += b.Descriptor.Size
		if i == 0 {
			continue
		}
		l := Layer{Size: b.Descriptor.Size}
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
		if s.Held != "" {
			out.How = "stays: " + s.Held
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
func (r *Report) Result(res *publish.Result) {
	r.Tree(res.Root)
	r.Transfer.Seconds = res.Transfer.Round(time.Millisecond).Seconds()
	r.Images = r.Images[:0]
	for _, t := range res.Targets {
		r.Images = append(r.Images, imageOf(res, t))
	}
}

func imageOf(res *publish.Result, t *publish.TargetResult) Image {
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

func tally(t *publish.TargetResult, way registry.Way) Tally {
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

// Bytes prints a size as people read it: three digits, decimal units.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	units, f, i := "kMGT", float64(n), -1
	for f >= 999.5 && i < len(units)-1 {
		f /= 1000
		i++
	}
	precision := 0
	if f < 9.995 {
		precision = 2
	} else if f < 99.95 {
		precision = 1
	}
	return fmt.Sprintf("%.*f %cB", precision, f, units[i])
}
