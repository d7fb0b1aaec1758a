package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/pull"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
	"github.com/ghcr-publish/ghcr-publish/internal/sink"
)

// PullSchemaID identifies the format of the JSON that the command "pull" writes.
const PullSchemaID = "ghcr-publish/pull/v1"

// These constants are outcomes of a pull. A pull can also have the outcome
// Failed. The outcome is Unchanged if a Docker engine already has the image
// under the same name.
const (
	Pulled   Outcome = "pulled"   // Pulled means that the destination has the complete image.
	Verified Outcome = "verified" // Verified means that the run fetched and checked all bytes, and wrote nothing.
)

// Pull describes a run of the command "pull". The output "json" contains the report.
type Pull struct {
	Schema        string     `json:"schema"`
	Outcome       Outcome    `json:"outcome"`
	Source        string     `json:"source"`                   // Source is the reference that the run resolved.
	Image         string     `json:"image,omitempty"`          // Image is the name of the repository.
	Digest        string     `json:"digest,omitempty"`         // Digest is the digest of the pulled image or index.
	Index         string     `json:"index,omitempty"`          // Index is the digest of the index from which the image was chosen.
	MediaType     string     `json:"media_type,omitempty"`     // MediaType is the media type of the manifest that the field Digest identifies.
	Path          string     `json:"path,omitempty"`           // Path is the absolute path of the destination. Path is empty for the outcome "verified", for a pipe and for a Docker engine.
	ImageID       string     `json:"image_id,omitempty"`       // ImageID is the ID that the Docker engine reports.
	ImageName     string     `json:"image_name,omitempty"`     // ImageName is the name in the Docker engine. ImageName is empty for an image without a name.
	AnonymousPull string     `json:"anonymous_pull,omitempty"` // AnonymousPull is "verified" or "refused". AnonymousPull is empty if the run tried no anonymous pull.
	Platforms     []Platform `json:"platforms"`
	Fetched       Tally      `json:"fetched"`
	Present       Tally      `json:"present"` // Present counts the blobs that the destination already had.
	Foreign       Tally      `json:"foreign"` // Foreign counts the fetched blobs that did not come from the registry.
	Seconds       float64    `json:"seconds"`
	Requests      int64      `json:"requests"`
	Notices       []Message  `json:"notices,omitempty"`
	Errors        []Message  `json:"errors,omitempty"`
	Run           Run        `json:"run"`
}

// NewPull returns a report without facts about the image. The outcome of the
// report is Failed until the caller sets another outcome.
func NewPull(source string, run Run) *Pull {
	return &Pull{Schema: PullSchemaID, Outcome: Failed, Source: source, Run: run, Platforms: []Platform{}}
}

// Found sets the facts about the resolved image.
func (r *Pull) Found(f *pull.Found) {
	r.Image, r.Digest, r.MediaType = f.Repository.Name(), f.Root.Descriptor.Digest.String(), string(f.Root.Descriptor.MediaType)
	if f.Chosen {
		r.Index = f.Index.String()
	}
	for _, m := range image.Images(f.Root) {
		r.Platforms = append(r.Platforms, platform(m))
	}
}

// Placed sets the destination of the image and the outcome.
func (r *Pull) Placed(to *sink.Sink) {
	r.Outcome, r.Path = Pulled, to.Path()
	if p := to.EngineImage(); p != nil {
		r.ImageID, r.ImageName = p.ID, p.Name
		if p.Unchanged {
			r.Outcome = Unchanged
		}
	}
}

// Result sets the numbers of blobs. The caller also calls Result after a failed pull.
func (r *Pull) Result(res pull.Result) {
	r.Fetched, r.Present, r.Foreign = Tally(res.Fetched), Tally(res.Present), Tally(res.Foreign)
}

// Fail adds each error in err to the report. If err is not nil, Fail sets the
// outcome to Failed.
func (r *Pull) Fail(err error) {
	messages := &Report{}
	messages.Fail(err)
	r.Errors = append(r.Errors, messages.Errors...)
	if err != nil {
		r.Outcome = Failed
	}
}

// Notice adds notices to the report.
func (r *Pull) Notice(notices ...diag.Notice) {
	messages := &Report{}
	messages.Notice(notices...)
	r.Notices = append(r.Notices, messages.Notices...)
}

// Outputs returns the outputs of the step. The output "digest" is empty if the
// run did not pull or verify the complete image.
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

// Text returns the report as plain lines, for the log and for a terminal.
func (r *Pull) Text() string {
	var b strings.Builder
	switch r.Outcome {
	case Pulled:
		fmt.Fprintf(&b, "Pulled %s to %s\n", r.Source, r.place())
	case Unchanged:
		fmt.Fprintf(&b, "Nothing to do: %s is already in %s\n", r.Source, r.place())
	case Verified:
		fmt.Fprintf(&b, "%s can be pulled completely. Nothing was written.\n", r.Source)
	default:
		fmt.Fprintf(&b, "Pulling %s failed.\n", r.Source)
	}
	r.textImage(&b)
	for _, m := range r.Notices {
		fmt.Fprintf(&b, "%s: %s\n", m.Level, m.Text)
	}
	return b.String()
}

// place returns a phrase about the destination, which can follow the word "to" or "in".
func (r *Pull) place() string {
	switch {
	case r.ImageName != "" && r.ImageName == r.Source:
		return "the Docker engine"
	case r.ImageName != "":
		return fmt.Sprintf("the Docker engine, as %s", r.ImageName)
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
		fmt.Fprintf(w, "  %s\t%s\t%s in %s\n", p.name(), p.Digest, Bytes(p.Size), Count(len(p.Layers), "layer"))
	}
	w.Flush()
	fmt.Fprintf(b, "  %s, %s, %.1f s\n", r.blobText(), Count(int(r.Requests), "request"), r.Seconds)
	if r.AnonymousPull != "" {
		fmt.Fprintf(b, "  anonymous pull: %s\n", map[string]string{"verified": "yes", "refused": "no, the pull used the token"}[r.AnonymousPull])
	}
}

func (r *Pull) blobText() string {
	text := fmt.Sprintf("%s fetched (%s)", Count(r.Fetched.Blobs, "blob"), Bytes(r.Fetched.Bytes))
	if r.Foreign.Blobs > 0 {
		text += fmt.Sprintf(", %s from an address outside the registry", Count(r.Foreign.Blobs, "blob"))
	}
	if r.Present.Blobs > 0 {
		text += fmt.Sprintf(", %d present (%s)", r.Present.Blobs, Bytes(r.Present.Bytes))
	}
	return text
}

// Markdown returns the job summary.
func (r *Pull) Markdown() markdown.Text {
	var b markdown.Builder
	switch r.Outcome {
	case Pulled:
		b.Printf("## 📥 Pulled %s\n\n", r.Source)
		b.Printf("To %s: ", r.place())
	case Unchanged:
		b.Printf("## ✅ %s was already present\n\n", r.Source)
		b.Printf("In %s: ", r.place())
	case Verified:
		b.Printf("## ✅ %s can be pulled completely\n\n", r.Source)
	default:
		b.Printf("## ❌ Pulling %s failed\n\n", r.Source)
	}
	if r.Digest != "" {
		b.Printf("%s, %s.\n\n", markdown.Code(r.Digest), r.blobText())
	}
	mdErrors(&b, r.Errors)
	return b.Text()
}
