// Package report describes the result of a run. The package writes the result
// as outputs of the step, as a job summary, as text for the log, and as JSON.
//
// One value holds all facts of a run: a [Report], a [Pull], a [Check] or an
// [Inspect]. The value can also describe a run that failed after it had written
// content. The methods that render the value make no decisions and send no
// requests.
package report

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
)

// SchemaID identifies the format of the JSON. The file schema.json in this
// folder describes the format.
const SchemaID = "ghcr-publish/report/v1"

// Outcome is the result of a run as one word.
type Outcome string

// The outcomes.
const (
	Published Outcome = "published" // Published means that the run wrote something, and that all checks succeeded.
	Unchanged Outcome = "unchanged" // Unchanged means that all destinations already had the image and its tags.
	Planned   Outcome = "planned"   // Planned is the outcome of a dry run.
	Skipped   Outcome = "skipped"   // Skipped means that the event publishes nothing, or that the input "on-readonly" accepts a read-only token.
	Gated     Outcome = "gated"     // Gated means that the gate did not accept the image, so no tag moved.
	Failed    Outcome = "failed"
)

// Report describes a run of the command "publish", "merge" or "promote". The output
// "json" contains the report.
type Report struct {
	Schema      string         `json:"schema"`
	Command     string         `json:"command"` // Command is "publish", "merge", "promote" or "attest".
	Outcome     Outcome        `json:"outcome"`
	Reason      string         `json:"reason,omitempty"`  // Reason is the reason why the outcome is "skipped".
	Refusal     *Message       `json:"refusal,omitempty"` // Refusal explains the outcome "skipped": the registry refuses the push, or the event publishes nothing.
	Archive     *Archive       `json:"archive,omitempty"` // Archive is the file that a run with `on-readonly: archive` wrote.
	Source      string         `json:"source"`
	Digest      string         `json:"digest,omitempty"` // Digest is the digest of the published image or index. Digest is empty if the digest is not known.
	MediaType   string         `json:"media_type,omitempty"`
	Version     string         `json:"version,omitempty"`
	TagNames    []string       `json:"tag_names"`
	ByDigest    bool           `json:"by_digest,omitempty"`   // ByDigest is true if the run pushed the image without tags, for a later merge.
	DigestName  string         `json:"digest_name,omitempty"` // DigestName is the value of the input "digest-name".
	Rules       []string       `json:"rules,omitempty"`       // Rules contains the result of each tag rule: the tag, or the reason why the rule gives no tag.
	Platforms   []Platform     `json:"platforms"`
	Images      []Image        `json:"images"`
	Planned     []PlannedImage `json:"planned,omitempty"`     // Planned contains the destinations of a dry run.
	Steps       []Step         `json:"steps,omitempty"`       // Steps contains the steps of a dry run.
	Gate        *Gate          `json:"gate,omitempty"`        // Gate is set if the gate did not accept the image.
	Changes     []Replaced     `json:"changes,omitempty"`     // Changes describes the differences between the image and each image that a tag of the run pointed at before.
	Attachments []string       `json:"attachments,omitempty"` // Attachments contains the references of the signatures and attestations that the run pushed before the image.
	Cleanup     *Cleanup       `json:"cleanup,omitempty"`     // Cleanup describes the cleanup after the publication, if the input "cleanup" is set.
	Attestation *Attested      `json:"attestation,omitempty"` // Attestation is set if the job could sign attestations.
	Transfer    Transfer       `json:"transfer"`
	Notices     []Message      `json:"notices,omitempty"`
	Errors      []Message      `json:"errors,omitempty"`
	Run         Run            `json:"run"`

	root v1.Descriptor // root is the descriptor of the published image or index, without annotations.
	// descriptorAnnotations are the annotations of the descriptor of the root. Only the
	// file in the input "metadata-file" contains these annotations.
	descriptorAnnotations map[string]string
	content               content // content determines the command that pulls the image.
	unattested            string  // unattested is the reason why the run made no attestation, or "".
}

// Archive is a file with an image that was not published.
type Archive struct {
	Path   string `json:"path"`   // Path is the absolute path of the file.
	Digest string `json:"digest"` // Digest is the digest of the image in the file.
}

// Platform describes the image for one platform.
type Platform struct {
	Platform string   `json:"platform"`              // Platform has the form os/arch[/variant].
	Version  string   `json:"os_version,omitempty"`  // Version is the version of Windows. Version is empty for other operating systems.
	Features []string `json:"os_features,omitempty"` // Features are the features of Windows that the image requires, for example win32k.
	Digest   string   `json:"digest,omitempty"`
	Size     int64    `json:"size"` // Size is the size of the config and the layers in bytes. Size is the uncompressed size if the digest is not known yet. Size is 0 if the run did not read the manifest.
	Layers   []Layer  `json:"layers"`
}

// Layer describes one layer of an image.
type Layer struct {
	Digest string `json:"digest,omitempty"`
	Size   int64  `json:"size"`
}

// Image describes one destination repository.
type Image struct {
	Image             string         `json:"image"`
	Reference         string         `json:"reference,omitempty"` // Reference has the form image@digest.
	Digest            string         `json:"digest,omitempty"`    // Digest is the digest of the image. Digest is set only if the run published several images.
	Platforms         []Platform     `json:"platforms,omitempty"` // Platforms are the platforms of the image. Platforms is set only if the run published several images.
	Tags              []Tag          `json:"tags"`
	Complete          bool           `json:"complete"` // Complete means that the repository has the image or index and all its content.
	Proven            bool           `json:"proven"`   // Proven means that the run read the digest back from the registry.
	Uploaded          Tally          `json:"uploaded"`
	Mounted           Tally          `json:"mounted"`
	Present           Tally          `json:"present"`                      // Present counts the blobs that the repository already had.
	Manifests         int            `json:"manifests_written"`            // Manifests is the number of manifests that the run pushed by digest.
	Visibility        string         `json:"visibility,omitempty"`         // Visibility is the visibility that GitHub reports, or "unknown".
	VisibilityOutcome github.Outcome `json:"visibility_outcome,omitempty"` // VisibilityOutcome is "already", "inherited", "changed", "needs-owner", "unknown" or "kept".
	VisibilityWanted  string         `json:"visibility_wanted,omitempty"`
	Linked            string         `json:"linked,omitempty"` // Linked is "yes", "no" or "unknown".
	Repository        string         `json:"linked_repository,omitempty"`
	AnonymousPull     string         `json:"anonymous_pull,omitempty"` // AnonymousPull is "verified", "refused" or "unknown".
	PackageURL        string         `json:"package_url,omitempty"`
	SettingsURL       string         `json:"settings_url,omitempty"`

	content content // content determines the command that pulls the image.
}

// Tag describes one tag of an image.
type Tag struct {
	Name      string        `json:"name"`
	Reference string        `json:"reference"`
	New       bool          `json:"new,omitempty"`      // New means that the tag did not exist before the run.
	Previous  string        `json:"previous,omitempty"` // Previous is the previous digest of the tag. Previous is empty if the tag did not exist or was not read.
	Reason    string        `json:"reason,omitempty"`   // Reason is the reason why the run added the tag "latest".
	State     push.TagState `json:"state"`              // State is "moved", "already", "untouched", "unclear", "restored", "elsewhere" or "kept".
	Now       string        `json:"now,omitempty"`      // Now is the digest at which another run pointed the tag afterwards. Only a tag with the state "elsewhere" has this digest.
	Proven    bool          `json:"proven"`
}

// Tally is a number of blobs and the sum of their sizes.
type Tally struct {
	Blobs int   `json:"blobs"`
	Bytes int64 `json:"bytes"`
}

// Replaced describes the differences between the image and an image that it replaces.
type Replaced struct {
	Tags            []string `json:"tags"` // Tags contains the references that pointed at the old image.
	compare.Changes          // If the images were not compared, only the field "before" is set.
	NotCompared     string   `json:"not_compared,omitempty"` // NotCompared is the reason why the images were not compared.
}

// PlannedImage describes one destination of a dry run.
type PlannedImage struct {
	Image      string       `json:"image"`
	New        bool         `json:"new"`                  // New means that the run would create the package, as far as the token can see. New is false if the token has no permission to push.
	Visibility string       `json:"visibility,omitempty"` // Visibility is the visibility that a new package would have. Visibility is empty if the visibility is unknown.
	MayPush    string       `json:"may_push"`             // MayPush is "yes", "no" or "unknown".
	Tags       []PlannedTag `json:"tags"`
	Blobs      int          `json:"blobs"`  // Blobs is the number of blobs of the image.
	Upload     Tally        `json:"upload"` // Upload counts the blobs that the run would upload. The size of a blob that is not compressed yet is its uncompressed size.
	Mount      Tally        `json:"mount"`  // Mount counts the blobs that the run would mount from another repository.
}

// PlannedTag describes one tag of a dry run.
type PlannedTag struct {
	Name     string `json:"name"`
	Change   Change `json:"change"`             // Change is "new", "moved", "unchanged", "kept" or "written".
	Previous string `json:"previous,omitempty"` // Previous is the digest that the tag points at. Previous is empty if the tag does not exist or was not read.
	Reason   string `json:"reason,omitempty"`   // Reason is the reason why the run adds the tag "latest", or why a tag must not move.
}

// Change is the change that a run would make to a tag.
type Change string

// The changes.
const (
	TagNew       Change = "new"
	TagMoved     Change = "moved"     // TagMoved means that the tag points at another digest.
	TagUnchanged Change = "unchanged" // TagUnchanged means that the tag already points at the digest of the run.
	TagKept      Change = "kept"      // TagKept means that the tag points at a newer image and must not move.
	TagWritten   Change = "written"   // TagWritten means that the run would write the tag, but does not know whether the tag exists.
)

// Step describes one step of a plan.
type Step struct {
	Kind   string `json:"kind"`             // Kind is "blob", "manifest", "gate", "attestation" or "tag".
	Image  string `json:"image"`            // Image is the name of the destination repository.
	Object string `json:"object"`           // Object is the digest of the blob or manifest, the name of the tag, "script" for a gate, or "provenance".
	Detail string `json:"detail,omitempty"` // Detail is the method of the transfer, or the digest that the tag will point at.
	Bytes  int64  `json:"bytes,omitempty"`
	Needed bool   `json:"needed"` // Needed means that the destination does not have the object yet.
}

// Transfer counts the requests of the run and the bytes that they sent.
type Transfer struct {
	Seconds    float64  `json:"seconds"`
	Requests   int64    `json:"requests"`
	Retries    int64    `json:"retries"`
	BytesSent  int64    `json:"bytes_sent"`
	RequestIDs []string `json:"request_ids,omitempty"` // RequestIDs contains the IDs that GitHub gave to the requests that pushed manifests.
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

// Run identifies the workflow run, so that an audit can find it.
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
