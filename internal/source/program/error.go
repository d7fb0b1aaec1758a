package program

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"
)

// Error is the error of a program that failed.
type Error struct {
	Command string // the program and its arguments; "" if the message names the program
	Output  string // the standard error output
	Err     error  // contains the exit status
}

// Error returns one line. It contains only the reason in the output, because an
// output can have many lines.
func (e *Error) Error() string {
	text := e.Err.Error()
	if e.Command != "" {
		text = fmt.Sprintf("running %s: %s", e.Command, text)
	}
	if reason := Reason(e.Output); reason != "" {
		text += ": " + reason
	}
	return text
}

// Unwrap returns the error with the exit status.
func (e *Error) Unwrap() error { return e.Err }

// maxReason is the maximum length of a reason, in bytes.
const maxReason = 500

// Reason returns the line of an output that most probably states the reason of a
// failure. This line is the last line that begins with "error:", or else the first
// line that is not empty. It returns "" for an empty output.
func Reason(output string) string {
	reason, first := "", ""
	lines := bufio.NewScanner(strings.NewReader(output))
	lines.Buffer(nil, maxAnswer+1)
	for lines.Scan() {
		line := printable(lines.Text())
		if line == "" {
			continue
		}
		if first == "" {
			first = line
		}
		if rest, ok := cutError(line); ok && rest != "" {
			reason = rest
		}
	}
	if reason == "" {
		reason = first
	}
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	return reason
}

// cutError removes "Error:" or "ERROR:" from the start of a line.
func cutError(line string) (string, bool) {
	const word = "error:"
	if len(line) < len(word) || !strings.EqualFold(line[:len(word)], word) {
		return line, false
	}
	return strings.TrimSpace(line[len(word):]), true
}

// printable removes control characters and surrounding blanks.
func printable(line string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && r != '\t' {
			return -1
		}
		return r
	}, line))
}
