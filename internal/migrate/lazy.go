package migrate

import "sync"

// lazyWords splits a text into a set of words when the set is first used.
func lazyWords(text string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool { return words(text) })
}
