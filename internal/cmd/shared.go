package cmd

import (
	"io"
	"sync"
)

// shared is an output that several goroutines write whole lines to: progress,
// and the waits of many requests.
type shared struct {
	mu  sync.Mutex
	out io.Writer
}

// Write passes one piece on, whole.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}
