//go:build unix

package workflow_test

import (
	"io"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// If the program waited for a reader, the step would never end.
func TestPipesWithoutAReaderAreErrors(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("the file system has no named pipes:", err)
	}
	w := workflow.New(func(name string) string {
		if name == "GITHUB_ACTIONS" {
			return "true"
		}
		return pipe
	}, io.Discard)
	for name, err := range map[string]error{
		"Check": w.Check(), "Output": w.Output("a", "b"), "State": w.State("a", "b"), "Env": w.Env("a", "b"), "Summary": w.Summary(markdown.Text{}),
	} {
		if err == nil {
			t.Errorf("%s returned no error", name)
		}
	}
}
