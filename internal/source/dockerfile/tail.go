package dockerfile

import "strings"

// maxTail is the number of bytes that a tail keeps.
const maxTail = 16 << 10

// tail keeps the last bytes of the output of a builder, because the last
// lines contain the reason of a failed build.
type tail struct{ kept []byte }

// Write implements io.Writer. Write never returns an error.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append([]byte(nil), t.kept[over:]...)
	}
	return len(p), nil
}

// errorLines returns the lines that start with "Error:" or "Error response
// from daemon:". Only these lines contain the reason of a failed build.
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
