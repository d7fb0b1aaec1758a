// Package nearest finds the known names that a person probably meant by a wrong
// one, for the question "Did you mean …?" of an error.
package nearest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// MaxNames is the maximum number of names that [Of] returns.
const MaxNames = 3

// maxLength is the maximum length, in bytes, of a text that is compared. The cost
// of a comparison grows with the product of the lengths.
const maxLength = 256

// whole is the score of a name that is a whole part of the wrong name. It counts as
// one edit, so that only an exact match in another spelling is better.
const whole = 1

// Of returns the names that resemble text, the best first, at most [MaxNames].
//
// A name resembles the text if one edit for each three letters of the text, and at
// least one edit, turns the text into the name. An edit inserts, deletes or replaces
// one character, or swaps two adjacent characters of the whole text. Letter case does not matter, and "_" equals "-". A name also
// resembles the text if the text begins or ends with the name and a dash separates
// the rest: image-name resembles image.
func Of(text string, names []string) []string {
	if len(text) > maxLength {
		return nil
	}
	type scored struct {
		name  string
		edits int
	}
	var found []scored
	wrong := normal(text)
	for _, name := range names {
		if len(name) > maxLength {
			continue
		}
		if edits := distance(wrong, normal(name)); edits <= max(1, len(wrong)/3) {
			found = append(found, scored{name, edits})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, f := range found {
		if f.edits > 0 && found[0].edits == 0 {
			break // the text is another spelling of the first name
		}
		if len(out) < MaxNames && !slices.Contains(out, f.name) {
			out = append(out, f.name)
		}
	}
	return out
}

// Question returns "Did you mean A or B?" for the names that resemble text, or "".
func Question(text string, names []string) string {
	like := Of(text, names)
	if len(like) == 0 {
		return ""
	}
	return "Did you mean " + strings.Join(like, " or ") + "?"
}

func normal(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

func distance(wrong, name string) int {
	edits := levenshtein.ComputeDistance(wrong, name)
	if swapped(wrong, name) {
		edits = 1
	}
	if strings.HasPrefix(wrong, name+"-") || strings.HasSuffix(wrong, "-"+name) {
		edits = min(edits, whole)
	}
	return edits
}

// swapped reports whether two adjacent bytes of a text have changed places: ture is
// true.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
