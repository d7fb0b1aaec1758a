package migrate

import (
	"regexp"
	"sync"
)

// lazy returns a function that compiles a regular expression at the first call.
// Commands that do not use the expression therefore start faster.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// lazyWords returns a function that splits a text into a set of words at the
// first call.
func lazyWords(text string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool { return words(text) })
}
