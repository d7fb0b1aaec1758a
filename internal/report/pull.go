package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/sink"
)

// PullSchemaID names the form of a pull's JSON.
const PullSchemaID = "ghcr-publish/pull/v1"

// The outcomes of a pull, besides Failed, and Unchanged for an engine that had
// the image by its name.
const (
	Pulled   Outcome = "pulled"   // the image is at its destination, whole
	Verified Outcome = "verified" // every byte was fetched and checked, none kept
)

// Pull is a run of pull as data: its `json` output.
type Pull struct {
	Schema        string     `json:"schema"`
	Outcome       Outcome    `json:"outcome"`
	Source        string     `json:"source"`                   // the reference as it was resolved
	Image         string     `json:"image,omitempty"`          // repository
	Digest        string     `json:"digest,omitempty"`         // of what was pulled
	Index         string     `json:"index,omitempty"`          // digest of the index it was chosen from
	MediaType     string     `json:"media_type,omitempty"`     // of Digest
	Path          string     `json:"path,omitempty"`           // absolute; empty for Verified, for a pipe, and for an engine
	ImageID       string     `json:"image_id,omitempty"`       // in a Docker engine, as it says
	ImageName     string     `json:"image_name,omitempty"`     // there; empty for an image without one
	AnonymousPull string     `json:"anonymous_pull,omitempty"` // verified, refused; empty where nobody asked
	Platforms     []Platform `json:"platforms"`
	Fetched       Tally      `json:"fetched"`
	Present       Tally      `json:"already_there"`
	Foreign       Tally      `json:"foreign"` // of fetched: from other addresses than the registry
	Seconds       float64    `json:"seconds"`
	Requests      int64      `json:"requests"`
	Notices       []Message  `json:"notices,omitempty"`
	Errors        []Message  `json:"errors,omitempty"`
	Run           Run        `json:"run"`
}

// NewPull returns an empty report of a run.
func NewPull(source string, run Run) *Pull {
	return &Pull{Schema: PullSchemaID, Outcome: Failed, Source: source, Run: run, Platforms: []Platform{}}
}

// Found fills in what was resolved.
func (r *Pull) Found(f *pull.Found) {
	r.Image, r.Digest, r.MediaType = f.Repository.Name(), f.Root.Descriptor.Digest.String(), string(f.Root.Descriptor.MediaType)
	if f.Chosen {
		r.Index = f.Index.String()
	}
	for _, m := range image.Images(f.Root) {
		r.Platforms = append(r.Platforms, platform(m))
	}
}

// Placed fills in where the image is now.
func (r *Pull) Placed(to *sink.Sink) {
	r.Outcome, r.Path = Pulled, to.Path()
	if p := to.EngineImage(); p != nil {
		r.ImageID, r.ImageName = p.ID, p.Name
		if p.Unchanged {
			r.Outcome = Unchanged
		}
	}
}

// Result fills in what was fetched, also until a failure.
func (r *Pull) Result(res pull.Result) {
	r.Fetched, r.Present, r.Foreign = Tally(res.Fetched), Tally(res.Present), Tally(res.Foreign)
}

// Fail adds every error in err.
func (r *Pull) Fail(err error) {
	told := &Report{}
	told.Fail(err)
	r.Errors = append(r.Errors, told.Errors...)
	if err != nil {
		r.Outcome = Failed
	}
}

// Notice adds notices.
func (r *Pull) Notice(notices ...diag.Notice) {
	told := &Report{}
	told.Notice(notices...)
	r.Notices = append(r.Notices, told.Notices...)
}

// Outputs lists the step's outputs. The digest is given only once the whole
// image is there, or was proven to come.
func (r *Pull) Outputs() ([]Output, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	digest, reference := "", ""
	known := &Report{}
	if r.Outcome != Failed {
		digest, reference = r.Digest, r.Image+"@"+r.Digest
		known.Platforms, known.Images = r.Platforms, []Image{{Complete: true}}
	}
	digests, err := known.digestOutputs()
	if err != nil {
		return nil, err
	}
	out := []Output{
		{"digest", digest},
		{"reference", reference},
		{"image", r.Image},
		{"path", r.Path},
		{"image-id", r.ImageID},
		{"platforms", strings.Join(r.platformNames(), "\n")},
		{"anonymous-pull", r.AnonymousPull},
		{"outcome", string(r.Outcome)},
		{"json", string(data)},
	}
	return append(out, digests...), nil
}

func (r *Pull) platformNames() []string {
	var out []string
	for _, p := range r.Platforms {
		out = append(out, p.Platform)
	}
	return out
}

// Text is the closing word in the log and at a terminal.
func (r *Pull) Text() string {
	var b strings.Builder
	switch r.Outcome {
	case Pulled:
		fmt.Fprintf(&b, "Pulled %s to %s\n", r.Source, r.place())
	case Unchanged:
		fmt.Fprintf(&b, "Nothing to do: %s is there already, in %s\n", r.Source, r.place())
	case Verified:
		fmt.Fprintf(&b, "%s can be pulled whole. Nothing was written.\n", r.Source)
	default:
		fmt.Fprintf(&b, "Pulling %s failed.\n", r.Source)
	}
	r.textImage(&b)
	for _, m := range r.Notices {
		fmt.Fprintf(&b, "%s: %s\n", m.Level, m.Text)
	}
	return b.String()
}

// place says in words where the image is.
func (r *Pull) place() string {
	switch {
	case r.ImageName != "" && r.ImageName == r.Source:
		return "the Docker engine"
	case r.ImageName != "":
		return "the Docker engine, as " + r.ImageName
	case r.ImageID != "":
		return "the Docker engine, without a name"
	case r.Path == "":
		return "standard output"
	}
	return r.Path
}

func (r *Pull) textImage(b *strings.Builder) {
	if r.Digest == "" {
		return
	}
	fmt.Fprintf(b, "  digest: %s\n", r.Digest)
	if r.ImageID != "" {
		fmt.Fprintf(b, "  image id: %s\n", r.ImageID)
	}
	if r.Index != "" {
		fmt.Fprintf(b, "  chosen from the index: %s\n", r.Index)
	}
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for n, p := range r.Platforms {
		if n == maxRows {
			fmt.Fprintf(w, "  … and %d more\n", len(r.Platforms)-n)
			break
		}
		fmt.Fprintf(w, "  %s\t%s\t%s in %s\n", p.Platform, p.Digest, Bytes(p.Size), Count(len(p.Layers), "layer"))
	}
	w.Flush()
	fmt.Fprintf(b, "  %s, %s, %.1f s\n", r.blobWords(), Count(int(r.Requests), "request"), r.Seconds)
	if r.AnonymousPull != "" {
		fmt.Fprintf(b, "  without a login: %s\n", map[string]string{"verified": "yes", "refused": "no, it took the token"}[r.AnonymousPull])
	}
}

func (r *Pull) blobWords() string {
	words := fmt.Sprintf("%s fetched (%s)", Count(r.Fetched.Blobs, "blob"), Bytes(r.Fetched.Bytes))
	if r.Foreign.Blobs > 0 {
		words += fmt.Sprintf(", %d of them from addresses outside the registry", r.Foreign.Blobs)
	}
	if r.Present.Blobs > 0 {
		words += fmt.Sprintf(", %d there already (%s)", r.Present.Blobs, Bytes(r.Present.Bytes))
	}
	return words
}

// Markdown is the job summary.
func (r *Pull) Markdown() string {
	var b strings.Builder
	switch r.Outcome {
	case Pulled:
		fmt.Fprintf(&b, "## %s\n\n", text("📥 Pulled "+r.Source))
		fmt.Fprintf(&b, "To %s: ", text(r.place()))
	case Unchanged:
		fmt.Fprintf(&b, "## %s\n\n", text("✅ "+r.Source+" was there already"))
		fmt.Fprintf(&b, "In %s: ", text(r.place()))
	case Verified:
		fmt.Fprintf(&b, "## %s\n\n", text("✅ "+r.Source+" can be pulled whole"))
	default:
		fmt.Fprintf(&b, "## %s\n\n", text("❌ Pulling "+r.Source+" failed"))
	}
	if r.Digest != "" {
		fmt.Fprintf(&b, "`%s`, %s.\n\n", r.Digest, text(r.blobWords()))
	}
	(&Report{Errors: r.Errors}).mdErrors(&b)
	return b.String()
}
