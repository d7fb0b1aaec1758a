package migrate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/text"
)

// Report is the outcome of a Scan.
type Report struct {
	// Read is how many files were looked at.
	Read int
	// Files are those that would change, with their new contents.
	Files []File
	// Findings are in the order of files and lines.
	Findings []Finding
	// Skipped are the files that could not be read or understood.
	Skipped []Skip
	// Images are the packages the migrated jobs use.
	Images []Image
}

// File is a workflow or action before and after.
type File struct {
	// Path is as the caller would type it.
	Path          string
	Before, After []byte
	// Edits lead from Before to After, by position.
	Edits []text.Edit

	tree, name string // where Write puts it: the checkout, and the path in it
}

// Diff is the unified diff of the file.
func (f File) Diff() string {
	return text.Diff(strings.TrimPrefix(f.Path, "/"), f.Before, f.After)
}

// State says what becomes of a finding.
type State string

// The states of a finding.
const (
	// Fixed: an edit in File.After takes care of it.
	Fixed State = "fixed"
	// Left: somebody has to act; Hint says how.
	Left State = "left"
	// Note: nothing to do, but good to know.
	Note State = "note"
)

// Finding is one thing found in a file. Positions count from 1, columns in
// characters.
type Finding struct {
	File                  string
	Line, Column, EndLine int
	Code                  Code
	State                 State
	// Text says what is there and what becomes of it, as whole sentences.
	Text string
	// Hint is a step the reader can carry out; "" where none is left.
	Hint string
}

// Title is the kind of the finding in a few words.
func (f Finding) Title() string { return rules[f.Code].title }

// Skip is a file that was passed over.
type Skip struct {
	Path string
	Err  error
}

// Todo is the number of findings somebody still has to act on: edits that are
// not written yet and what no edit can do. It decides "--check".
func (r *Report) Todo() int {
	n := 0
	for _, f := range r.Findings {
		if f.State != Note {
			n++
		}
	}
	return n
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(r.Skipped, func(a, b Skip) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
	slices.SortFunc(r.Images, func(a, b Image) int { return cmp.Compare(a.Owner+"/"+a.Name, b.Owner+"/"+b.Name) })
}
