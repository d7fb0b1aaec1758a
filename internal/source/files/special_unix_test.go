//go:build unix

package files_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
)

// Reading a pipe would block. An image does not need sockets or devices.
func TestSpecialFilesAreRefused(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "s") //nolint:usetesting // A socket's path must be short.
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	check(t, os.Mkdir(filepath.Join(dir, "p"), 0o755))
	check(t, os.Mkdir(filepath.Join(dir, "s"), 0o755))
	check(t, syscall.Mkfifo(filepath.Join(dir, "p", "pipe"), 0o600))
	l, err := net.Listen("unix", filepath.Join(dir, "s", "socket"))
	check(t, err)
	defer l.Close()
	for _, path := range []string{filepath.Join(dir, "p"), filepath.Join(dir, "p", "pipe"), filepath.Join(dir, "s"), "/dev/null"} {
		if _, err := open(t, input.Files{Content: []input.Content{to(path, "/x")}}); !diag.Is(err, files.CodeUnsafe) {
			t.Errorf("%s: got %v, want %s", path, err, files.CodeUnsafe)
		}
	}
}
