package cmd

import (
	"io"
	"sync"
)

// lockedWriter is an output to which several goroutines write complete lines: the
// progress, and the waits of requests.
type lockedWriter struct {
	mu  sync.Mutex
	out io.Writer
}

// Write implements [io.Writer]. It does not interleave concurrent writes.
func (s *lockedWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}
