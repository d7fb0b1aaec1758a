//go:build unix

package bounded

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestNamedPipesAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("the file system has no named pipes:", err)
	}
	if got, err := File(path, 10); err != nil || len(got) != 0 { // Without O_NONBLOCK, the open never returns.
		t.Errorf("a pipe without a writer: got %q, %v", got, err)
	}
}

// A shell opens the pipe of a process substitution before it starts the program, and can
// write to the pipe later.
func TestPipesWithAWriterAreReadCompletely(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("the file system has no named pipes:", err)
	}
	in, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 3 {
			_, _ = out.WriteString("part")
		}
		_ = out.Close()
	}()
	if got, err := io.ReadAll(in); err != nil || string(got) != "partpartpart" {
		t.Errorf("got %q, %v", got, err)
	}
}
