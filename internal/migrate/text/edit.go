package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Edit replaces the bytes [Start, End) by New. Start == End inserts.
type Edit struct {
	Start, End int
	New        string
}

// Edits is a set of edits of one text. Adding the same edit again changes
// nothing, so that two ways to one place (an alias, say) meet.
type Edits struct {
	list []Edit
}

// Add records an edit. Two insertions at one place keep their order; any other
// overlap with an earlier edit is refused.
func (e *Edits) Add(edit Edit) error {
	for _, other := range e.list {
		if other == edit {
			return nil
		}
		if edit.Start < other.End && other.Start < edit.End {
			return fmt.Errorf("replacing bytes %d to %d: bytes %d to %d are replaced already",
				edit.Start, edit.End, other.Start, other.End)
		}
	}
	e.list = append(e.list, edit)
	return nil
}

// Drop forgets the edits that lie within [start, end), for a larger edit that
// takes their place.
func (e *Edits) Drop(start, end int) {
	e.list = slices.DeleteFunc(e.list, func(x Edit) bool { return x.Start >= start && x.End <= end })
}

// Covers reports whether one edit replaces all of [start, end).
func (e *Edits) Covers(start, end int) bool {
	return slices.ContainsFunc(e.list, func(x Edit) bool { return x.Start <= start && end <= x.End })
}

// List returns the edits by position.
func (e *Edits) List() []Edit {
	sorted := slices.Clone(e.list)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return a.Start - b.Start })
	return sorted
}

// Apply returns a copy of src with the edits made.
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

// Diff returns the unified diff of two versions of the file called name, with
// three lines of context, as patch and git apply read it; "" if they are equal.
func Diff(name string, before, after []byte) string {
	out := string(diff.Diff("a/"+name, before, "b/"+name, after))
	_, body, _ := strings.Cut(out, "\n") // its first line only repeats the names
	return body
}
