package workflow

import (
	"bytes"
	"io"
)

// maxTranscriptLine is the maximum length of a printed line, in bytes.
// Transcript splits a longer line.
const maxTranscriptLine = 64 << 10

// Transcript prints the output of another program line by line. Transcript
// applies [Line] to each line, so that the output contains no commands for
// the runner and no control characters for the terminal. The output of a
// build is not trusted, because the author of the Dockerfile controls the
// output.
type Transcript struct {
	out  io.Writer
	line []byte
}

// NewTranscript returns a Transcript that prints to out.
func NewTranscript(out io.Writer) *Transcript { return &Transcript{out: out} }

// Write accepts a part of the output, which can end in the middle of a line.
// Write prints a line when the line is complete.
func (t *Transcript) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, after, complete := rest, []byte(nil), false
		if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
			part, after, complete = rest[:i], rest[i+1:], true
		}
		if free := maxTranscriptLine - len(t.line); len(part) > free {
			part, after, complete = rest[:free], rest[free:], true
		}
		t.line, rest = append(t.line, part...), after
		if !complete {
			continue
		}
		if err := t.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Close prints the text after the last newline, if the output does not end with
// a newline.
func (t *Transcript) Close() error { return t.flush() }

// flush prints the stored line. flush omits an empty line, because Write
// treats "\r\n" as two line ends.
func (t *Transcript) flush() error {
	if len(t.line) == 0 {
		return nil
	}
	text := Line(string(t.line)) + "\n"
	t.line = t.line[:0]
	_, err := io.WriteString(t.out, text)
	return err
}
