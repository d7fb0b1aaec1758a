// Package nearest finds known names that resemble a wrong name. Errors use
// these names in the question "Did you mean …?".
package nearest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// MaxNames is the maximum number of names that [Of] returns.
const MaxNames = 3

// maxLength is the maximum length in bytes of a text that [Of] compares. The
// limit exists because the cost of a comparison grows with the product of the
// two lengths.
const maxLength = 256

// whole is the score of a known name that forms the beginning or the end of the wrong
// name. This score is the same as for one edit, so only a known name with the same
// letters has a better score.
const whole = 1

// Of returns at most [MaxNames] names that resemble the text. The best name
// comes first.
//
// A name resembles the text if a few edits turn the text into the name. One
// edit is allowed for each three letters of the text, and at least one edit is
// allowed. An edit inserts, deletes or replaces one character, or swaps two
// adjacent characters. Letter case does not matter, and "_" equals "-". A name
// also resembles the text if the text is the name with a prefix or a suffix
// that a dash separates. For example, the name "image" resembles the text
// "image-name".
func Of(text string, names []string) []string {
	if len(text) > maxLength {
		return nil
	}
	found := candidates(normal(text), names)
	var out []string
	for _, f := range found {
		if f.edits > 0 && found[0].edits == 0 {
			break // The text differs from the first name only in letter case or in "_" and "-".
		}
		if len(out) < MaxNames && !slices.Contains(out, f.name) {
			out = append(out, f.name)
		}
	}
	return out
}

// scored is a name that resembles a text.
type scored struct {
	name  string
	edits int
	other int // other is 1 if the letters of the name and of the text differ.
}

// candidates returns the names that resemble a text, the most similar name first.
func candidates(wrong string, names []string) []scored {
	var found []scored
	for _, name := range names {
		if len(name) > maxLength {
			continue
		}
		if edits := distance(wrong, normal(name)); edits <= max(1, len(wrong)/3) {
			one := scored{name: name, edits: edits}
			if !swapped(wrong, normal(name)) {
				one.other = 1
			}
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.other, b.other), cmp.Compare(a.name, b.name))
	})
	return found
}

// Question returns "Did you mean A or B?" if the names A and B resemble the
// text. Question returns "" if no name resembles the text, and if the text is one of the
// names.
func Question(text string, names []string) string {
	like := Of(text, names)
	if len(like) == 0 || slices.Contains(names, text) {
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

// swapped reports whether two texts differ only in the order of two adjacent
// bytes, for example "ture" and "true".
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
