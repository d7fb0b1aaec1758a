package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// Undo describes a run of the command "cleanup" that restores versions.
type Undo struct {
	lines   []string
	changed bool
}

// Add adds the result of one package. The result can be nil after an error.
func (u *Undo) Add(pkg string, r *cleanup.Restored) {
	if r == nil {
		return
	}
	u.changed = u.changed || len(r.Versions)+len(r.Tags) > 0
	u.lines = append(u.lines, fmt.Sprintf("%s: %s and %s restored", pkg, counted(len(r.Versions), "version"), counted(len(r.Tags), "tag")))
	for _, tag := range r.Moved {
		u.lines = append(u.lines, fmt.Sprintf("The tag %s points at another image by now, and stays unchanged.", tag))
	}
}

// Outputs returns the outputs of the step.
func (u *Undo) Outputs() ([]Output, error) {
	return []Output{{"changed", strconv.FormatBool(u.changed)}}, nil
}

// Empty adds the result of an undo list without entries.
func (u *Undo) Empty() { u.lines = append(u.lines, "The undo list is empty. Nothing was restored.") }

// Text returns the result for the log.
func (u *Undo) Text() string { return strings.Join(u.lines, "\n") + "\n" }

// Markdown returns the job summary.
func (u *Undo) Markdown() markdown.Text {
	var b markdown.Builder
	for _, line := range u.lines {
		b.Printf("%s\n\n", line)
	}
	return b.Text()
}
