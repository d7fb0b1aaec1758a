// Package report turns what happened into what people and later steps read:
// outputs, the job summary, the log's closing lines, JSON.
//
// Everything is derived from one value, [Report], which is filled from the
// result of a run, also one that failed half way. The renderings decide
// nothing and ask nobody.
package report

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
	Schema     string     `json:"schema"`
	Outcome    Outcome    `json:"outcome"`
	Why        string     `json:"why,omitempty"`     // for skipped
	Archive    *Archive   `json:"archive,omitempty"` // what on-readonly: archive left
	Source     string     `json:"source"`
	Digest     string     `json:"digest,omitempty"` // empty while it is not known
	MediaType  string     `json:"media_type,omitempty"`
	Version    string     `json:"version,omitempty"`
	TagNames   []string   `json:"tag_names"`
	ByDigest   bool       `json:"by_digest,omitempty"`   // pushed without tags, for merging
	DigestName string     `json:"digest_name,omitempty"` // the input digest-name
	Rules      []string   `json:"rules,omitempty"`       // of the tags: what each gave, or why nothing
	Platforms  []Platform `json:"platforms"`
	Images     []Image    `json:"images"`
	Steps      []Step     `json:"steps,omitempty"` // of a dry run
	Along      []string   `json:"along,omitempty"` // references brought before the image: signatures, attestations
	Transfer   Transfer   `json:"transfer"`
	Notices    []Message  `json:"notices,omitempty"`
	Errors     []Message  `json:"errors,omitempty"`
	Run        Run        `json:"run"`
}

// Archive is an image that was kept as a file in place of being published.
type Archive struct {
	Path   string `json:"path"`   // absolute
	Digest string `json:"digest"` // of the image in it
}

// Platform is one image of the tree.
type Platform struct {
	Platform string  `json:"platform"` // os/arch[/variant]
	Digest   string  `json:"digest,omitempty"`
	Size     int64   `json:"size"` // bytes of config and layers as sent; before compression where the digest is not known yet
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
	State     string `json:"state"`              // moved, already, untouched, unclear, kept
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
