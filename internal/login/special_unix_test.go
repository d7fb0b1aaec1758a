//go:build unix

package login

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Opening a named pipe waits until another program writes to the pipe.
func TestLoginFilesOfOtherTypesAreRefusedAndNothingWaits(t *testing.T) {
	t.Parallel()
	cases := map[string]func(path string) error{
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"socket": func(path string) error { _, err := net.Listen("unix", path); return err },
		"line 2": func(path string) error { return os.WriteFile(path, []byte("{\n\"auths\": x}"), 0o600) },
	}
	for name, create := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "login") //nolint:usetesting // the path of a socket has at most about 100 characters
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			path := filepath.Join(dir, "config.json")
			if err := create(path); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			s := New(Files{Paths: []string{path}, StateFolder: filepath.Join(dir, "state")})
			for _, err := range []error{s.Login(ctx, []Login{{Host: "ghcr.io", Username: "u", Secret: secret.New("s")}}), s.Logout(ctx)} {
				var e *diag.Error
				if !errors.As(err, &e) || e.Code != CodeFileInvalid || !strings.Contains(err.Error(), path) {
					if err == nil || !strings.HasPrefix(err.Error(), "removing") && e == nil {
						continue // a session without logins does not open the file
					}
					t.Errorf("got %v", err)
				}
				if strings.HasPrefix(name, "line") && (err == nil || !strings.Contains(err.Error(), name)) {
					t.Errorf("got %v, want it to name %s", err, name)
				}
			}
		})
	}
}
