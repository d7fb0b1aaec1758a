package report

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
)

// CleanupSchemaID identifies the format of the JSON that the command "cleanup" writes.
const CleanupSchemaID = "ghcr-publish/cleanup/v1"

// These constants are outcomes of a cleanup. A cleanup can also have the outcomes Planned,
// Unchanged, Skipped and Failed.
const (
	Cleaned  Outcome = "cleaned"  // Cleaned means that the run deleted versions or removed tags.
	Restored Outcome = "restored" // Restored means that the run restored an undo list.
)

// Cleanup describes a run of the command "cleanup", or the cleanup after a publication. The
// output "json" contains the report.
type Cleanup struct {
	Schema   string            `json:"schema"`
	Outcome  Outcome           `json:"outcome"` // Outcome is "cleaned", "planned", "unchanged", "skipped", "restored" or "failed".
	DryRun   bool              `json:"dry_run"`
	Reason   string            `json:"reason,omitempty"` // Reason is the reason why the run was skipped.
	Packages []CleanedPackage  `json:"packages"`
	Restored []RestoredPackage `json:"restored,omitempty"`  // Restored contains the packages of an undo list.
	UndoFile string            `json:"undo_file,omitempty"` // UndoFile is the path of the undo list. UndoFile is empty if the run deleted nothing.
	Errors   []Message         `json:"errors,omitempty"`
	Run      Run               `json:"run"`
	results  []*cleanup.Result // results contains the undo entries for the outputs.
}

// NewCleanup returns a report without packages.
func NewCleanup(dryRun bool, run Run) *Cleanup {
	return &Cleanup{Schema: CleanupSchemaID, Outcome: Unchanged, DryRun: dryRun, Packages: []CleanedPackage{}, Run: run}
}

// Add adds the result of one package, and its error.
func (c *Cleanup) Add(r *cleanup.Result, err error) {
	c.results = append(c.results, r)
	c.Packages = append(c.Packages, cleanedPackage(r, err))
	switch {
	case c.DryRun:
		c.Outcome = Planned
	case c.Changed():
		c.Outcome = Cleaned
	}
}

// Skip sets the outcome to Skipped, and the reason.
func (c *Cleanup) Skip(reason string) { c.Outcome, c.Reason = Skipped, reason }

// Fail adds each error in err to the report. If err is not nil, Fail sets the outcome to
// Failed.
func (c *Cleanup) Fail(err error) {
	c.Errors = append(c.Errors, errorMessages(err)...)
	if err != nil {
		c.Outcome = Failed
	}
}

// Changed reports whether the run deleted a version or removed a tag.
func (c *Cleanup) Changed() bool {
	return slices.ContainsFunc(c.results, func(r *cleanup.Result) bool { return len(r.Deleted)+len(r.Detached) > 0 })
}

// leftOut is one entry of the output "left".
type leftOut struct {
	Package string     `json:"package"`
	Digest  string     `json:"digest,omitempty"`
	Tag     string     `json:"tag,omitempty"`
	Reason  plan.Cause `json:"reason"`
}

// keptOut is one entry of the output "kept".
type keptOut struct {
	Package string `json:"package"`
	Digest  string `json:"digest"`
}

// Outputs returns the outputs of the step.
func (c *Cleanup) Outputs() ([]Output, error) {
	data, err := c.compact()
	if err != nil {
		return nil, err
	}
	lists, err := c.lists()
	if err != nil {
		return nil, err
	}
	changed := c.Changed() || slices.ContainsFunc(c.Restored, RestoredPackage.changed)
	out := []Output{{"outcome", string(c.Outcome)}, {"changed", strconv.FormatBool(changed)}, {"json", string(data)}}
	return append(out, lists...), nil
}

// lists returns the outputs that only a cleanup has.
func (c *Cleanup) lists() ([]Output, error) {
	deleted, detached, kept, left, freed := []cleanup.Entry{}, []cleanup.Entry{}, []keptOut{}, []leftOut{}, int64(0)
	for _, r := range c.results {
		deleted, detached, freed = append(deleted, r.Deleted...), append(detached, r.Detached...), freed+r.Freed
		for _, digest := range r.Kept {
			kept = append(kept, keptOut{r.Repo, digest})
		}
		for _, l := range r.Left {
			left = append(left, leftOut{r.Repo, l.Digest, l.Tag, l.Cause})
		}
	}
	var out []Output
	for _, list := range []struct {
		name  string
		value any
	}{{"deleted", deleted}, {"detached", detached}, {"kept", kept}, {"left", left}} {
		raw, err := json.Marshal(list.value)
		if err != nil {
			return nil, err
		}
		if len(raw) > maxJSON { // The undo list on the runner is complete.
			raw = []byte("[]")
		}
		out = append(out, Output{list.name, string(raw)})
	}
	return append(out, Output{"freed", strconv.FormatInt(freed, 10)}, Output{"undo-file", c.UndoFile}), nil
}

// compact returns the value of the output "json". If the JSON is larger than maxJSON, the
// method "compact" omits the versions that stay.
func (c *Cleanup) compact() ([]byte, error) {
	data, err := json.Marshal(c)
	if err != nil || len(data) <= maxJSON {
		return data, err
	}
	return json.Marshal(c.small())
}

// small returns the report without the versions that stay.
func (c *Cleanup) small() *Cleanup {
	out := *c
	out.Packages = slices.Clone(c.Packages)
	for i := range out.Packages {
		out.Packages[i].Kept = []CleanedVersion{}
	}
	return &out
}

// JSON returns the report as indented JSON.
func (c *Cleanup) JSON() (string, error) { return printable(c) }
