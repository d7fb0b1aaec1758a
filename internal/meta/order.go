package meta

import (
	"cmp"
	"math"
	"slices"
)

// sortRules sorts the rules by descending priority. sortRules keeps the order of
// rules with the same priority.
//
// A priority that is not a number compares as equal to all other priorities, so
// the result depends on the algorithm. For fewer than 64 rules with such a
// priority, sortRules uses the algorithm of JavaScript engines.
func sortRules(rules []rule) {
	nan := slices.ContainsFunc(rules, func(r rule) bool { return math.IsNaN(r.order) })
	if nan && len(rules) < 64 {
		insertRules(rules)
		return
	}
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(b.order, a.order) })
}

// insertRules sorts the rules with a binary insertion sort. If the first rules are
// already in order, or in strictly reverse order, insertRules inserts only the rules
// after them.
func insertRules(rules []rule) {
	for i := firstRun(rules); i < len(rules); i++ {
		pivot := rules[i]
		low, high := 0, i
		for low < high {
			if mid := low + (high-low)/2; pivot.order > rules[mid].order {
				high = mid
			} else {
				low = mid + 1
			}
		}
		copy(rules[low+1:i+1], rules[low:i])
		rules[low] = pivot
	}
}

func firstRun(rules []rule) int {
	if len(rules) < 2 {
		return len(rules)
	}
	reverse := rules[1].order > rules[0].order
	n := 2
	for n < len(rules) && (rules[n].order > rules[n-1].order) == reverse {
		n++
	}
	if reverse {
		slices.Reverse(rules[:n])
	}
	return n
}
