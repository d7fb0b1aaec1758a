package workflow

import (
	"bytes"
	"io"
)

// maxTranscriptLine is where a line of another program is broken, in bytes.
const maxTranscriptLine = 64 << 10

// Transcript prints what another program says, line by line as it comes, so
// that nothing in it is a command to the runner or draws on a terminal: what a
// build prints is written by whoever wrote what it builds.
type Transcript struct {
	out  io.Writer
	line []byte
}

// NewTranscript prints to out.
func NewTranscript(out io.Writer) *Transcript { return &Transcript{out: out} }

// Write takes any part of the output. A line is printed when it is whole.
func (t *Transcript) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, after, whole := rest, []byte(nil), false
		if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
			part, after, whole = rest[:i], rest[i+1:], true
		}
		if room := maxTranscriptLine - len(t.line); len(part) > room {
			part, after, whole = rest[:room], rest[room:], true
		}
		t.line, rest = append(t.line, part...), after
		if !whole {
			continue
		}
		if err := t.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Close prints a last line that has no end.
func (t *Transcript) Close() error { return t.flush() }

// flush prints the line; empty ones are left out, as "\r\n" would give them.
func (t *Transcript) flush() error {
	if len(t.line) == 0 {
		return nil
	}
	text := Line(string(t.line)) + "\n"
	t.line = t.line[:0]
	_, err := io.WriteString(t.out, text)
	return err
}
