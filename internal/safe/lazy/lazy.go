// Package lazy computes a value when the program needs the value for the first time. For
// this reason, a command does not spend time on the patterns and tables that only other
// commands need.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that returns the compiled pattern. The first call compiles
// the pattern, and panics if the syntax of the pattern is wrong.
func Regexp(pattern string) func() *regexp.Regexp {
	return RegexpFunc(func() string { return pattern })
}

// RegexpFunc is [Regexp] for a pattern that needs work itself. The first call of the
// result also calls pattern.
func RegexpFunc(pattern func() string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern()) })
}
