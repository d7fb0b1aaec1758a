package locked_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// The first calls fail on Windows, because the file is open.
func TestRetryRepeatsUntilTheFileIsClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, temp := filepath.Join(dir, "file"), filepath.Join(dir, "temp")
	for _, name := range []string{path, temp} {
		if err := os.WriteFile(name, []byte(filepath.Base(name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	calls := 0
	err = locked.Retry(func() error {
		if calls++; calls == 3 {
			_ = reader.Close()
		}
		return os.Rename(temp, path)
	})
	if got, readErr := os.ReadFile(path); err != nil || readErr != nil || string(got) != "temp" {
		t.Errorf("got %q, %v, %v; want the content of the renamed file", got, err, readErr)
	}
}

func TestRetryReturnsOtherErrorsAtOnce(t *testing.T) {
	t.Parallel()
	for _, want := range []error{errors.New("another error"), fs.ErrNotExist, nil} {
		calls := 0
		if err := locked.Retry(func() error { calls++; return want }); calls != 1 || !errors.Is(err, want) {
			t.Errorf("got %v after %d calls, want %v after one call", err, calls, want)
		}
	}
}
