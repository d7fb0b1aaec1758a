package meta

import (
	"cmp"
	"slices"
	"strings"
)

// keyOrder contains the ASCII characters in the order of CLDR's root collation (Unicode
// CLDR, "Root Collation"). JavaScript's localeCompare uses this order. keyOrder contains
// no control characters, because the order ignores them. keyOrder contains no capital
// letters, because a capital letter has the position of its small letter. Package
// x/text/collate contains the order of all Unicode characters, but it would add 1.3 MB to
// the program.
const keyOrder = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"

// sortPairs sorts keys as JavaScript's localeCompare does. For example, a_b
// precedes a-b, and b precedes B. Characters outside ASCII follow the ASCII
// characters in the order of their code points.
func sortPairs(pairs []Pair) {
	slices.SortStableFunc(pairs, func(a, b Pair) int { return compareKeys(a.Key, b.Key) })
}

// compareKeys compares two keys without regard to case. If the keys differ only
// in case, compareKeys uses the first difference in case.
func compareKeys(a, b string) int {
	if c := slices.Compare(places(a), places(b)); c != 0 {
		return c
	}
	return slices.CompareFunc(visible(a), visible(b), func(x, y rune) int { return cmp.Compare(capital(x), capital(y)) })
}

// places returns the position in keyOrder of each character of a key.
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

// visible returns the characters of a key without the control characters that
// the order ignores.
func visible(key string) []rune {
	return slices.DeleteFunc([]rune(key), func(r rune) bool {
		return r == 0x7f || r < ' ' && !strings.ContainsRune(keyOrder, r)
	})
}

// capital returns 1 for an ASCII capital letter, and 0 for all other characters.
func capital(r rune) int {
	if 'A' <= r && r <= 'Z' {
		return 1
	}
	return 0
}
