package publish

import (
	"slices"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
)

// Status is the result of a run as one word.
type Status string

// The statuses.
const (
	// The run wrote to at least one destination, and all checks succeeded.
	Published Status = "published"
	Unchanged Status = "unchanged" // The destinations already had all content and all tags.
	Planned   Status = "planned"   // a dry run
	// The run publishes nothing for this event, or the input on-readonly accepts the
	// read-only token.
	Skipped Status = "skipped"
	// The gate did not accept the image. The image is in the registry, but no tag moved.
	Gated  Status = "gated"
	Failed Status = "failed"
)

// Outcome contains all facts that the run knows at its end. A field is zero if the
// run ended before the step that sets it.
type Outcome struct {
	Status Status
	DryRun bool
	// If the status is Skipped, Refusal contains the refusal of the push. If the run
	// publishes nothing for this event, Refusal contains the reason.
	Refusal error
	// Expected is the reason why a run of this event is expected to publish nothing, or ""
	// if no reason is known. GitHub gives some runs a read-only token.
	Expected string
	Names    meta.Result
	Found    *resolve.Found
	Plan     *plan.Plan
	// Attached are the attachments that were pushed. After a dry run, Attached are the
	// attachments that a real run would push.
	Attached []Attachment
	Result   *push.Result
	// Attestations are nil if the run makes no attestations. Unattested is then the reason, or
	// "" if the user wants no attestation.
	Attestations *Attestations
	Unattested   string
	// Gate is the result of a gate that did not accept the image. Otherwise, Gate is nil.
	Gate *GateResult
	// Replaced are the images that the tags of the run pointed at before the run.
	Replaced []*Replaced
	// Pages are the web pages of the packages, in the order of the destinations.
	Pages   []Pages
	Archive string // Archive is the absolute path of the archive, or "".

	mu      sync.Mutex // protects notices
	notices []diag.Notice
}

// Pages are the web pages of a package. Both URLs are empty for a repository on
// another registry.
type Pages struct{ Package, Settings string }

// Notices returns the notices in the order of the steps.
func (o *Outcome) Notices() []diag.Notice {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.notices)
}

// dropRepeatedNotice applies [WithoutRepeated] to the notices of the outcome.
func (o *Outcome) dropRepeatedNotice(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.notices = WithoutRepeated(o.notices, err)
}

// repeated contains the notices that an error makes superfluous. The keys are the
// codes of errors, and the values are the codes of notices.
var repeated = map[string]string{
	refusal.CodeWritePackage:  input.CodeOwnerDiffers,
	refusal.CodeCreatePackage: input.CodeOwnerDiffers,
	refusal.CodeWriteDenied:   input.CodeOwnerDiffers,
	refusal.CodeOwnerNotFound: input.CodeOwnerDiffers,
	refusal.CodeTokenScopes:   CodeTokenTooWide,
}

// WithoutRepeated returns the notices, except notices that repeat facts of the error.
func WithoutRepeated(notices []diag.Notice, err error) []diag.Notice {
	for code, notice := range repeated {
		if diag.Is(err, code) {
			notices = slices.DeleteFunc(slices.Clone(notices), func(n diag.Notice) bool { return n.Code == notice })
		}
	}
	return notices
}

// noticeOnce adds a notice, unless the outcome has a notice with the same code.
func (o *Outcome) noticeOnce(n diag.Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.ContainsFunc(o.notices, func(known diag.Notice) bool { return known.Code == n.Code }) {
		o.notices = append(o.notices, n)
	}
}

// takeNotices removes and returns the notices with one of the codes.
func (o *Outcome) takeNotices(codes ...string) []diag.Notice {
	o.mu.Lock()
	defer o.mu.Unlock()
	var taken, rest []diag.Notice
	for _, n := range o.notices {
		if slices.Contains(codes, n.Code) {
			taken = append(taken, n)
		} else {
			rest = append(rest, n)
		}
	}
	o.notices = rest
	return taken
}

// notice adds notices. Several goroutines may call notice.
func (o *Outcome) notice(n ...diag.Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.notices = append(o.notices, n...)
}
