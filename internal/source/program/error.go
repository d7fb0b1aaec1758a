package program

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"
)

// Error is the error of a program that failed.
type Error struct {
	Command string // the program and its arguments, or "" if the message already contains the name of the program
	Output  string // the text that the program wrote to standard error
	Err     error  // the error of package os/exec, which contains the exit status
}

// Error returns one line with the exit status and the reason of the failure.
// Error does not return the complete output, because an output can have many
// lines.
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

// Unwrap returns the error of package os/exec, which contains the exit
// status.
func (e *Error) Unwrap() error { return e.Err }

// maxReason is the maximum length of a reason, in bytes.
const maxReason = 500

// Reason returns the line of an output that most probably contains the reason
// of a failure. Reason returns the last line that begins with "error:",
// without "error:". If no line begins with "error:", Reason returns the first
// line that is not empty. For an empty output, Reason returns "".
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

// printable removes control characters, and removes spaces at the start and
// at the end of the line.
func printable(line string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && r != '\t' {
			return -1
		}
		return r
	}, line))
}
