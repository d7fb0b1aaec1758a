// Package lazy delays work from the start of the program to the first use of its
// result. A command then does not wait for the patterns and tables of other commands.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that returns the compiled pattern. The first call compiles
// the pattern, and panics if the syntax of the pattern is wrong.
func Regexp(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
