//go:build unix

package locked_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// A rename replaces every kind of file. If the user is root, it would replace even /dev/null.
func TestReplaceKeepsPipesSocketsAndDevices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, socket, device := filepath.Join(dir, "pipe"), filepath.Join(dir, "s"), filepath.Join(dir, "null")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("the file system has no named pipes:", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("the file system has no sockets:", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	if err := os.Symlink(os.DevNull, device); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{pipe: fs.ModeNamedPipe, socket: fs.ModeSocket, device: fs.ModeSymlink} {
		if err := locked.Replace(path, []byte("text"), 0o600); err == nil {
			t.Errorf("%s was replaced", filepath.Base(path))
		}
		if info, err := os.Lstat(path); err != nil || info.Mode().Type() != want {
			t.Errorf("%s: got %v, %v", filepath.Base(path), info, err)
		}
	}
}
