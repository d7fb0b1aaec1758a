package dockerfile

import "strings"

// maxTail is the number of bytes that are kept from the end of an output.
const maxTail = 16 << 10

// tail keeps the end of an output. The reason of a failed build is in the last
// lines.
type tail struct{ kept []byte }

// Write implements io.Writer. It never returns an error.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append([]byte(nil), t.kept[over:]...)
	}
	return len(p), nil
}

// errorLines returns the kept lines that report an error. Other lines of a build
// do not state the reason of its failure.
func (t *tail) errorLines() string {
	var out []string
	for line := range strings.Lines(string(t.kept)) {
		lower := strings.ToLower(strings.TrimSpace(line))
		if strings.HasPrefix(lower, "error:") || strings.HasPrefix(lower, "error response from daemon:") {
			out = append(out, strings.TrimRight(line, "\r\n"))
		}
	}
	return strings.Join(out, "\n")
}
