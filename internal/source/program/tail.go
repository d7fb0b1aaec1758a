package program

import "strings"

// maxTail is the number of bytes that a Tail keeps.
const maxTail = 16 << 10

// Tail is a writer that keeps the last bytes of the output of a program, because the last
// lines contain the reason of a failure.
type Tail struct{ kept []byte }

// Write implements io.Writer. Write never returns an error.
func (t *Tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append([]byte(nil), t.kept[over:]...)
	}
	return len(p), nil
}

// Lines returns at most the given number of last lines. The first of the kept lines is
// incomplete if the output is larger than the kept bytes.
func (t *Tail) Lines(most int) []string {
	text := strings.ToValidUTF8(strings.TrimRight(string(t.kept), "\r\n"), "\uFFFD")
	if text == "" {
		return nil
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	return lines[max(0, len(lines)-most):]
}

// ErrorLines returns the lines that start with "Error:" or "Error response from daemon:".
// In the output of a builder, only these lines contain the reason of a failed build.
func (t *Tail) ErrorLines() string {
	var out []string
	for line := range strings.Lines(string(t.kept)) {
		lower := strings.ToLower(strings.TrimSpace(line))
		if strings.HasPrefix(lower, "error:") || strings.HasPrefix(lower, "error response from daemon:") {
			out = append(out, strings.TrimRight(line, "\r\n"))
		}
	}
	return strings.Join(out, "\n")
}
