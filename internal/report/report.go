// Package report describes the result of a run: as outputs of the step, as a
// job summary, as text for the log, and as JSON.
//
// One value holds all facts of a run: a [Report], a [Pull], a [Check] or an
// [Inspect]. It also describes a run that failed after it had written content.
// The methods that render it make no decisions and send no requests.
package report

import (
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// SchemaID identifies the format of the JSON. schema.json in this folder
// describes the format.
const SchemaID = "ghcr-publish/report/v1"

// Outcome is the result of a run as one word.
type Outcome string

// The outcomes.
const (
	Published Outcome = "published" // the run wrote something, and all checks succeeded
	Unchanged Outcome = "unchanged" // the destinations already had everything
	Planned   Outcome = "planned"   // a dry run
	Skipped   Outcome = "skipped"   // the event publishes nothing, or on-readonly accepts the read-only token
	Failed    Outcome = "failed"
)

// Report describes a run of publish. The output json contains it.
type Report struct {
	Schema      string         `json:"schema"`
	Command     string         `json:"command"` // publish, merge or promote
	Outcome     Outcome        `json:"outcome"`
	Reason      string         `json:"reason,omitempty"`  // reason for the outcome skipped
	Refusal     *Message       `json:"refusal,omitempty"` // refusal of the push, or the reason of the event, with the outcome skipped
	Archive     *Archive       `json:"archive,omitempty"` // archive that on-readonly: archive wrote
	Source      string         `json:"source"`
	Digest      string         `json:"digest,omitempty"` // digest of the root; empty if it is not known
	MediaType   string         `json:"media_type,omitempty"`
	Version     string         `json:"version,omitempty"`
	TagNames    []string       `json:"tag_names"`
	ByDigest    bool           `json:"by_digest,omitempty"`   // pushed without tags, for a merge
	DigestName  string         `json:"digest_name,omitempty"` // the input digest-name
	Rules       []string       `json:"rules,omitempty"`       // result of each tag rule: its tag, or the reason why it gives no tag
	Platforms   []Platform     `json:"platforms"`
	Images      []Image        `json:"images"`
	Planned     []PlannedImage `json:"planned,omitempty"`     // destinations of a dry run
	Steps       []Step         `json:"steps,omitempty"`       // steps of a dry run
	Attachments []string       `json:"attachments,omitempty"` // references of the signatures and attestations that were pushed before the image
	Transfer    Transfer       `json:"transfer"`
	Notices     []Message      `json:"notices,omitempty"`
	Errors      []Message      `json:"errors,omitempty"`
	Run         Run            `json:"run"`

	content content // decides the command that pulls the image
}

// Archive is a file with an image that was not published.
type Archive struct {
	Path   string `json:"path"`   // absolute path
	Digest string `json:"digest"` // digest of the image in the file
}

// Platform describes the image for one platform.
type Platform struct {
	Platform string  `json:"platform"`             // os/arch[/variant]
	Version  string  `json:"os_version,omitempty"` // version of the operating system, for Windows
	Digest   string  `json:"digest,omitempty"`
	Size     int64   `json:"size"` // bytes of config and layers; uncompressed if the digest is not known yet; 0 if the run did not read the manifest
	Layers   []Layer `json:"layers"`
}

// Layer describes one layer of an image.
type Layer struct {
	Digest string `json:"digest,omitempty"`
	Size   int64  `json:"size"`
}

// Image describes one destination repository.
type Image struct {
	Image             string         `json:"image"`
	Reference         string         `json:"reference,omitempty"` // image@digest
	Tags              []Tag          `json:"tags"`
	Complete          bool           `json:"complete"` // the repository has the root and all content below it
	Proven            bool           `json:"proven"`   // the digest was read back
	Uploaded          Tally          `json:"uploaded"`
	Mounted           Tally          `json:"mounted"`
	Present           Tally          `json:"present"`                      // blobs that the repository already had
	Manifests         int            `json:"manifests_written"`            // manifests that were written by digest
	Visibility        string         `json:"visibility,omitempty"`         // visibility that GitHub reports, or unknown
	VisibilityOutcome github.Outcome `json:"visibility_outcome,omitempty"` // already, inherited, changed, needs-owner, unknown, kept
	VisibilityWanted  string         `json:"visibility_wanted,omitempty"`
	Linked            string         `json:"linked,omitempty"` // yes, no, unknown
	Repository        string         `json:"linked_repository,omitempty"`
	AnonymousPull     string         `json:"anonymous_pull,omitempty"` // verified, refused, unknown
	PackageURL        string         `json:"package_url,omitempty"`
	SettingsURL       string         `json:"settings_url,omitempty"`
}

// Tag describes one tag of an image.
type Tag struct {
	Name      string        `json:"name"`
	Reference string        `json:"reference"`
	New       bool          `json:"new,omitempty"`      // the tag did not exist before the run
	Previous  string        `json:"previous,omitempty"` // previous digest; empty if the tag was absent or was not read
	Reason    string        `json:"reason,omitempty"`   // reason for the tag latest
	State     push.TagState `json:"state"`              // moved, already, untouched, unclear, kept
	Proven    bool          `json:"proven"`
}

// Tally is a number of blobs and the sum of their sizes.
type Tally struct {
	Blobs int   `json:"blobs"`
	Bytes int64 `json:"bytes"`
}

// PlannedImage describes one destination of a dry run.
type PlannedImage struct {
	Image      string       `json:"image"`
	New        bool         `json:"new"`                  // the run would create the package, as far as the token can see; false if the token may not push
	Visibility string       `json:"visibility,omitempty"` // visibility that a new package would have; empty if it is unknown
	MayPush    string       `json:"may_push"`             // yes, no, unknown
	Tags       []PlannedTag `json:"tags"`
	Blobs      int          `json:"blobs"`  // number of blobs of the image
	Upload     Tally        `json:"upload"` // blobs to upload; for blobs to compress, the bytes before compression
	Mount      Tally        `json:"mount"`  // blobs to mount from another repository
}

// PlannedTag describes one tag of a dry run.
type PlannedTag struct {
	Name     string `json:"name"`
	Change   Change `json:"change"`             // new, moved, unchanged, kept, written
	Previous string `json:"previous,omitempty"` // digest that the tag points at; empty if the tag is absent or was not read
	Reason   string `json:"reason,omitempty"`   // reason for the tag latest, or for a tag that is kept
}

// Change is the change that a run would make to a tag.
type Change string

// The changes.
const (
	TagNew       Change = "new"
	TagMoved     Change = "moved"     // it points at another digest
	TagUnchanged Change = "unchanged" // it already points at the digest of the run
	TagKept      Change = "kept"      // it points at a newer image and must not move
	TagWritten   Change = "written"   // it is not known whether the tag exists
)

// Step describes one step of a plan.
type Step struct {
	Kind   string `json:"kind"`             // blob, manifest, tag
	Image  string `json:"image"`            // repository
	Object string `json:"object"`           // digest of the blob or manifest, or name of the tag
	Detail string `json:"detail,omitempty"` // method of the transfer, or target of the tag
	Bytes  int64  `json:"bytes,omitempty"`
	Needed bool   `json:"needed"` // the destination does not have the object yet
}

// Transfer counts the requests of the run and the bytes that they sent.
type Transfer struct {
	Seconds    float64  `json:"seconds"`
	Requests   int64    `json:"requests"`
	Retries    int64    `json:"retries"`
	BytesSent  int64    `json:"bytes_sent"`
	RequestIDs []string `json:"request_ids,omitempty"` // IDs that GitHub gave to the requests that wrote manifests
}

// Message describes a notice or an error.
type Message struct {
	Code  string `json:"code"`
	Level string `json:"level"`
	Title string `json:"title"`
	Text  string `json:"text,omitempty"`
	Input string `json:"input,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// Run identifies the workflow run, for an audit.
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
