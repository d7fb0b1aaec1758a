package meta

import (
	"cmp"
	"math"
	"slices"
)

// sortRules puts the higher priority first and keeps the order of equals.
//
// A priority that is no number equals all others, which is no order; what
// comes out then depends on the algorithm, so it is the one JavaScript's
// engine uses for lists shorter than 64.
func sortRules(rules []rule) {
	nan := slices.ContainsFunc(rules, func(r rule) bool { return math.IsNaN(r.order) })
	if nan && len(rules) < 64 {
		insertRules(rules)
		return
	}
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(b.order, a.order) })
}

// insertRules is a binary insertion sort behind the run that is in order, or
// strictly in reverse order, already.
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
