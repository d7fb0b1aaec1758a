package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Edit replaces the range [Start, End) of bytes with New. If Start equals End,
// the edit inserts New.
type Edit struct {
	Start, End int
	New        string
}

// Edits is a set of edits of one text. Two aliases of one YAML node cause the same edit
// twice, and the set ignores the second edit.
type Edits struct {
	list []Edit
}

// Add adds an edit to the set. Two insertions at the same offset keep their
// order. Add returns an error if the edit overlaps a different edit.
func (e *Edits) Add(edit Edit) error {
	for _, other := range e.list {
		if other == edit {
			return nil
		}
		if edit.Start < other.End && other.Start < edit.End {
			return fmt.Errorf("replacing bytes %d to %d: bytes %d to %d already have an edit",
				edit.Start, edit.End, other.Start, other.End)
		}
	}
	e.list = append(e.list, edit)
	return nil
}

// Drop removes the edits in the range [start, end), so that a larger edit can
// replace them.
func (e *Edits) Drop(start, end int) {
	e.list = slices.DeleteFunc(e.list, func(x Edit) bool { return x.Start >= start && x.End <= end })
}

// Covers reports whether a single edit replaces all bytes of the range [start,
// end).
func (e *Edits) Covers(start, end int) bool {
	return slices.ContainsFunc(e.list, func(x Edit) bool { return x.Start <= start && end <= x.End })
}

// List returns the edits, sorted by position. If an insertion and a replacement
// start at the same offset, the insertion comes first.
func (e *Edits) List() []Edit {
	sorted := slices.Clone(e.list)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	return sorted
}

// Apply returns a copy of src with all edits applied.
func (e *Edits) Apply(src []byte) []byte {
	var b strings.Builder
	at := 0
	for _, edit := range e.List() {
		b.Write(src[at:edit.Start])
		b.WriteString(edit.New)
		at = edit.End
	}
	b.Write(src[at:])
	return []byte(b.String())
}
