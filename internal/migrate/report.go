package migrate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

// Report is the result of a Scan.
type Report struct {
	// FilesRead is the number of files that Scan examined.
	FilesRead int
	// Files contains the edited files with their new content.
	Files []File
	// Findings contains the findings, sorted by file and line.
	Findings []Finding
	// Skipped contains the files that Scan could not read or parse.
	Skipped []SkippedFile
	// Images contains the packages that the migrated jobs use.
	Images []Image
	// Unnamed contains the file and the line of each migrated job whose
	// packages are unknown.
	Unnamed []string
	// Advice describes the access that the repositories need. The method Access
	// sets Advice.
	Advice []Advice
	// Unread is the joined error of the packages that Access could not look up.
	Unread error
	// Checked is true if an error of the run contains the command that writes the
	// edits.
	Checked bool
	// InStep is true if the run is a step of a workflow.
	InStep bool
}

// File is a workflow or an action, with its content before and after the
// migration.
type File struct {
	// Path is the path of the file in the form that the user would type.
	Path          string
	Before, After []byte
	// Edits contains the edits that change Before into After, sorted by
	// position.
	Edits []text.Edit
	// Written is true if Write wrote After to the disk.
	Written bool

	tree, name string // tree is the checkout, and name is the path of the file in the checkout.
}

// Diff returns the unified diff of the file.
func (f File) Diff() string {
	return text.Diff(strings.TrimPrefix(f.Path, "/"), f.Before, f.Edits)
}

// State is the outcome of a finding.
type State string

// A finding has one of these states.
const (
	// WouldChange means that an edit in File.After solves the problem, but the
	// edit is not written.
	WouldChange State = "would change"
	// Changed means that Write wrote the edit.
	Changed State = "changed"
	// Remaining means that the user must act. Hint describes the necessary
	// action.
	Remaining State = "remaining"
	// Note means that the finding only informs the user.
	Note State = "note"
)

// Finding is one problem or fact in a file. The first line and the first column
// have the number 1. Columns count characters.
type Finding struct {
	File                  string
	Line, Column, EndLine int
	Code                  Code
	State                 State
	// Text describes the problem and the edit in full sentences. The text is
	// correct before and after Write writes the edit.
	Text string
	// Hint is an instruction that the user can carry out, or "" if the user
	// does not have to act.
	Hint string
}

// Title returns a short title for the kind of the finding.
func (f Finding) Title() string { return rules[f.Code].title }

// SkippedFile is a file that Scan did not migrate. The field Err contains the
// reason.
type SkippedFile struct {
	Path string
	Err  error
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(r.Skipped, func(a, b SkippedFile) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
	slices.SortFunc(r.Images, func(a, b Image) int { return cmp.Compare(a.Owner+"/"+a.Name, b.Owner+"/"+b.Name) })
}
