package migrate

import (
	"regexp"
	"sync"
)

// lazy compiles a regular expression when it is first used, so that other commands
// start without this work.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// lazyWords splits a text into a set of words when the set is first used.
func lazyWords(text string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool { return words(text) })
}
