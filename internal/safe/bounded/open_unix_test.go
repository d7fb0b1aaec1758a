//go:build unix

package bounded

import (
	"errors"
	"fmt"
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

func TestOutputToAPipeWithoutAReaderIsAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("the file system has no named pipes:", err)
	}
	if _, err := OpenOutput(path, os.O_APPEND|os.O_CREATE, 0o600); !errors.Is(err, syscall.ENXIO) { // Without O_NONBLOCK, the open never returns.
		t.Errorf("got %v", err)
	}
}

// The size of a device is 0, so its limit protects the memory.
func TestDevicesHaveASmallerLimit(t *testing.T) {
	t.Parallel()
	got, err := File("/dev/zero", 1<<40)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the system has no /dev/zero")
	}
	if want := fmt.Sprintf("the file %q has more than %d bytes", "/dev/zero", maxStream); err == nil || err.Error() != want {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}
