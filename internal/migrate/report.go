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
	// Files are the files that the edits change, with their new contents.
	Files []File
	// Findings are sorted by file and line.
	Findings []Finding
	// Skipped are the files that Scan could not read or parse.
	Skipped []SkippedFile
	// Images are the packages that the migrated jobs use.
	Images []Image
	// Unnamed are the migrated jobs whose packages migrate cannot name, as
	// FILE:LINE of the job.
	Unnamed []string
	// Advice is the access that the repositories need. Access computes it.
	Advice []Advice
	// Unread is the joined error of the packages that Access could not look up.
	Unread error
	// Checked is true if an error of the run contains the command that writes the
	// edits.
	Checked bool
	// InStep is true if the run is a step of a workflow.
	InStep bool
}

// File is a workflow or action, before and after the migration.
type File struct {
	// Path is the path as the caller would type it.
	Path          string
	Before, After []byte
	// Edits turn Before into After. They are sorted by position.
	Edits []text.Edit
	// Written is true if Write wrote After to the disk.
	Written bool

	tree, name string // the target of Write: the checkout and the path in it
}

// Diff returns the unified diff of the file.
func (f File) Diff() string {
	return text.Diff(strings.TrimPrefix(f.Path, "/"), f.Before, f.Edits)
}

// State is the outcome of a finding.
type State string

// The states of a finding.
const (
	// WouldChange means that an edit in File.After solves the problem, but the
	// edit is not written.
	WouldChange State = "would change"
	// Changed means that Write wrote the edit.
	Changed State = "changed"
	// Remaining means that the user must act. Hint describes the necessary
	// action.
	Remaining State = "remaining"
	// Note means that the finding is information only.
	Note State = "note"
)

// Finding is one problem or fact in a file. Lines and columns start at 1.
// Columns count characters.
type Finding struct {
	File                  string
	Line, Column, EndLine int
	Code                  Code
	State                 State
	// Text describes the problem and the reason for its outcome in full
	// sentences. It is true before and after the edit is written.
	Text string
	// Hint is an action that the user can carry out, or "" if no action is
	// needed.
	Hint string
}

// Title returns a short name of the kind of finding.
func (f Finding) Title() string { return rules[f.Code].title }

// SkippedFile is a file that Scan did not migrate, with the reason.
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
