package cmd

import (
	"fmt"
	"io"
	"sync"
)

// lockedWriter is an output to which several goroutines write complete lines. The
// lines report the progress of transfers and the waits of requests.
type lockedWriter struct {
	mu  sync.Mutex
	out io.Writer
	// display writes messages above the lines that the display updates. The field
	// "display" is nil if the screen shows no such lines.
	display io.Writer
}

// Write implements [io.Writer]. Write does not mix the lines of concurrent calls.
func (s *lockedWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.display != nil {
		return s.display.Write(p)
	}
	return s.out.Write(p)
}

// attach sends all later messages to a display that updates lines on out. The
// returned function detaches the display.
func (s *lockedWriter) attach(display io.Writer) (detach func()) {
	s.set(display)
	return func() { s.set(nil) }
}

func (s *lockedWriter) set(display io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.display = display
}

// transient is one line at a terminal, which the method "erase" removes. Messages appear
// above the line. The method Write prints a message above the line.
type transient struct {
	mu     sync.Mutex
	out    io.Writer
	line   string
	erased bool
}

// newTransient prints a line.
func newTransient(out io.Writer, line string) *transient {
	fmt.Fprintln(out, line)
	return &transient{out: out, line: line}
}

// Write prints a message above the line.
func (t *transient) Write(message []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.erased {
		return t.out.Write(message)
	}
	fmt.Fprint(t.out, eraseLine)
	n, err := t.out.Write(message)
	fmt.Fprintln(t.out, t.line)
	return n, err
}

// erase removes the line.
func (t *transient) erase() {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprint(t.out, eraseLine)
	t.erased = true
}

// eraseLine moves the cursor to the line above the cursor, and clears the screen at
// and below this line.
const eraseLine = "\x1b[1A\x1b[J"
