package workflow_test

import (
	"io"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

func TestTranscriptNeverContainsACommand(t *testing.T) {
	t.Parallel()
	const output = "Step 1/2\r\n::add-mask::x\n  ::set-output name=digest::forged\n\x1b[31mred\rover\n##[error]no\nlast"
	const want = "Step 1/2\n.::add-mask::x\n.::set-output name=digest::forged\n[31mred\nover\n## [error]no\nlast\n"
	for size := 1; size < len(output); size++ {
		var out strings.Builder
		w := workflow.NewTranscript(&out)
		for rest := output; rest != ""; {
			n := min(size, len(rest))
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || out.String() != want {
			t.Fatalf("with writes of %d bytes: got %q, %v; want %q", size, out.String(), err, want)
		}
	}
}

func TestTranscriptSplitsLongLines(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := workflow.NewTranscript(&out)
	for range 5 {
		if _, err := io.WriteString(w, strings.Repeat("x", 50_000)+"::error::"); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 64<<10+2 || strings.HasPrefix(line, "::") {
			t.Errorf("a line of %d bytes starts with %.10q", len(line), line)
		}
	}
	if out.Len() == 0 {
		t.Error("no text was printed before the end of the line")
	}
}
