package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// Cleanup describes a run of the command "cleanup".
type Cleanup struct {
	DryRun bool
	// Cure is the sentence that says how to delete after a dry run.
	Cure string
	// UndoFile is the path of the undo list, or "" if the run deleted nothing.
	UndoFile string

	results []*cleanup.Result
	errs    []error
}

// Add adds the result of one package.
func (c *Cleanup) Add(r *cleanup.Result, err error) {
	c.results, c.errs = append(c.results, r), append(c.errs, err)
}

// Err joins the errors of all packages.
func (c *Cleanup) Err() error { return errors.Join(c.errs...) }

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
	out := []Output{{"changed", strconv.FormatBool(c.Changed())}}
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

// cleanupRow is one line of the table of a package.
type cleanupRow struct{ action, name, why string }

// cleanupRows returns the deletions and the detached tags of a package, and what stays although a
// rule selects it.
func cleanupRows(r *cleanup.Result) []cleanupRow {
	var out []cleanupRow
	verb, untag := "deleted", "detached"
	if r.DryRun {
		verb, untag = "would be deleted", "would be detached"
	}
	if r.Plan == nil {
		return nil
	}
	nodes := r.Plan.Package.Nodes
	done := map[string]bool{}
	for _, e := range append(r.Deleted, r.Detached...) {
		done[e.Digest+strings.Join(e.Tags, " ")] = true
	}
	for _, s := range r.Plan.Delete {
		n := nodes[s.Node]
		if r.DryRun || done[n.Digest+strings.Join(n.Tags, " ")] {
			out = append(out, cleanupRow{verb, strings.TrimSpace(strings.Join(n.Names, " ") + " " + shortDigest(n.Digest)), s.Why.String()})
		}
	}
	for _, d := range r.Plan.Detach {
		if r.DryRun || done[nodes[d.Node].Digest+d.Tag] {
			out = append(out, cleanupRow{untag, d.Tag, d.Why.String()})
		}
	}
	for _, l := range r.Left {
		name := l.Tag
		if name == "" {
			name = shortDigest(l.Digest)
		}
		out = append(out, cleanupRow{"left", name, string(l.Cause)})
	}
	if len(out) == 0 {
		return keptRows(r.Plan)
	}
	return out
}

// maxReasons is the maximum number of reasons for a run that deletes nothing.
const maxReasons = 8

// keptRows returns the reasons why no version goes, the most frequent reason first.
// Without these rows, a misspelt rule and a rule that has nothing to do look the same.
func keptRows(p *plan.Plan) []cleanupRow {
	count := map[string]int{}
	for _, step := range p.Keep {
		if step.Why.Of == "" { // The other versions stay because of the version Of.
			count[step.Why.String()]++
		}
	}
	reasons := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	var out []cleanupRow
	for _, why := range reasons[:min(len(reasons), maxReasons)] {
		out = append(out, cleanupRow{"kept", counted(count[why], "version"), why})
	}
	return out
}

// heading returns the numbers of a package.
func heading(r *cleanup.Result, failed error) string {
	switch {
	case r.Unreadable != nil:
		return "skipped, because a manifest cannot be read"
	case r.Plan == nil && failed != nil:
		return "nothing deleted"
	case r.DryRun && r.Plan != nil:
		return fmt.Sprintf("would delete %s and detach %s, %s would stay", counted(len(r.Plan.Delete), "version"), counted(len(r.Plan.Detach), "tag"), counted(len(r.Plan.Keep), "version"))
	}
	return fmt.Sprintf("%s deleted, %s detached, %s kept, %s freed", counted(len(r.Deleted), "version"), counted(len(r.Detached), "tag"), counted(len(r.Kept), "version"), Bytes(r.Freed))
}

// Text returns the result for the log.
func (c *Cleanup) Text() string {
	var b strings.Builder
	for i, r := range c.results {
		fmt.Fprintf(&b, "%s: %s\n", r.Repo, heading(r, c.errs[i]))
		for _, row := range cleanupRows(r) {
			fmt.Fprintf(&b, "  %s  %s  %s\n", row.action, row.name, row.why)
		}
		for _, notice := range r.Notices {
			fmt.Fprintf(&b, "  %s\n", notice)
		}
	}
	if c.DryRun {
		b.WriteString("This was a dry run. Nothing was deleted. " + c.Cure + "\n")
	}
	if c.UndoFile != "" {
		fmt.Fprintf(&b, "To restore: %s\n", c.undoCommand())
	}
	return b.String()
}

// Markdown returns the job summary.
func (c *Cleanup) Markdown() markdown.Text {
	var b markdown.Builder
	for i, r := range c.results {
		b.Printf("## 🧹 %s\n\n%s.\n\n", r.Repo, heading(r, c.errs[i]))
		table := cleanupRows(r)
		if len(table) > 0 {
			b.Printf("| Result | Image | Reason |\n|---|---|---|\n")
		}
		for n, row := range table {
			if n == maxRows {
				b.Printf("| … and %d more | | |\n", len(table)-n)
				break
			}
			b.Printf("| %s | %s | %s |\n", row.action, markdown.Code(row.name), row.why)
		}
		for _, notice := range r.Notices {
			b.Printf("\n%s\n", notice)
		}
	}
	if c.UndoFile != "" {
		b.Printf("\nTo restore: %s\n", markdown.Code(c.undoCommand()))
	}
	return b.Text()
}

// shortDigest returns the start of a digest, which is sufficient to find the version.
func shortDigest(digest string) string {
	const shown = len("sha256:") + 12
	return digest[:min(len(digest), shown)]
}

// counted returns a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// undoCommand returns the command that restores what the run deleted. All shells accept the
// form of the path, also on Windows.
func (c *Cleanup) undoCommand() string {
	path := filepath.ToSlash(c.UndoFile)
	if strings.Contains(path, " ") {
		path = strconv.Quote(path)
	}
	return "ghcr-publish cleanup --undo " + path
}
