package cmd

import (
	"bytes"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// maxStart is the limit of the allocations of a command that does nothing. The number
// of allocations is a measure of the work before a command begins that does not depend
// on the machine. The usage texts of all flags alone need about 8,000 allocations.
const maxStart = 2500

func TestCommandsBeginWithLittleWork(t *testing.T) {
	var out bytes.Buffer
	p := Process{Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
	run := func() {
		if err := commandLine(t.Context(), []string{"version"}, p, &workflow.Workflow{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(1, run); n > maxStart {
		t.Errorf("a command allocates %.0f objects before it begins, want at most %d", n, maxStart)
	}
	if out.Len() == 0 {
		t.Error("the command printed nothing")
	}
}
