//go:build unix

package source_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// pipe returns a named pipe. A process substitution of a shell has the same type.
func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("the file system has no named pipes:", err)
	}
	return path
}

func TestNamedPipeIsReadOnce(t *testing.T) {
	t.Parallel()
	raw := sourcetest.TarBytes(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one", "two")))
	for _, prefix := range []string{"", "docker-archive:"} {
		path, temp := pipe(t), t.TempDir()
		go func() { _ = os.WriteFile(path, raw, 0o600) }()
		s, err := source.Open(t.Context(), prefix+path, source.Options{Temp: temp})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a layer is read again after a failed upload
			for _, b := range s.Root.Blobs {
				if len(read(t, b)) == 0 {
					t.Errorf("%s is empty", b.Descriptor.Digest)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("files are left: %v, %v", left, err)
		}
	}
}

func TestTemporaryFileOfAStreamHasNoName(t *testing.T) {
	t.Parallel()
	path, temp := pipe(t), t.TempDir()
	raw := sourcetest.TarBytes(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one")))
	go func() { _ = os.WriteFile(path, raw, 0o600) }()
	s, err := source.Open(t.Context(), path, source.Options{Temp: temp})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("a killed run would leave %v, %v", left, err)
	}
}

func TestPipeWithoutAWriterEndsWithTheRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := source.Open(ctx, pipe(t), source.Options{Temp: t.TempDir()})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestFolderForAStreamIsNamed(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	_, err := source.Open(t.Context(), "-", source.Options{Temp: missing, Stdin: strings.NewReader("x")})
	if !diag.Is(err, source.CodeUnreadable) || !strings.Contains(err.Error(), missing) {
		t.Errorf("got %v", err)
	}
}
