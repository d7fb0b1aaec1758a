package meta

import (
	"cmp"
	"slices"
	"strings"
)

// keyOrder contains the characters of ASCII in the order of CLDR's root collation
// (Unicode CLDR, "Root Collation"), which JavaScript's localeCompare uses. It lacks
// the capital letters, which have the place of the small letters, and the control
// characters, which have no place. Package x/text/collate has the table for all of
// Unicode, but it would add 1.3 MB to the program.
const keyOrder = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"

// sortPairs orders keys as JavaScript's localeCompare does: a_b precedes a-b, and b
// precedes B. Characters outside ASCII follow in the order of their code points.
func sortPairs(pairs []Pair) {
	slices.SortStableFunc(pairs, func(a, b Pair) int { return compareKeys(a.Key, b.Key) })
}

// compareKeys compares the characters without regard to case. If they are equal, the
// first difference in case decides.
func compareKeys(a, b string) int {
	if c := slices.Compare(places(a), places(b)); c != 0 {
		return c
	}
	return slices.CompareFunc(visible(a), visible(b), func(x, y rune) int { return cmp.Compare(capital(x), capital(y)) })
}

// places returns the places of the characters in the order.
func places(key string) []int {
	var out []int
	for _, r := range visible(strings.ToLower(key)) {
		place := strings.IndexRune(keyOrder, r)
		if r >= 0x80 {
			place = len(keyOrder) + int(r)
		}
		out = append(out, place)
	}
	return out
}

// visible returns the characters that have a place in the order.
func visible(key string) []rune {
	return slices.DeleteFunc([]rune(key), func(r rune) bool {
		return r == 0x7f || r < ' ' && !strings.ContainsRune(keyOrder, r)
	})
}

// capital returns 1 for a capital letter of ASCII, and 0 for other characters.
func capital(r rune) int {
	if 'A' <= r && r <= 'Z' {
		return 1
	}
	return 0
}
