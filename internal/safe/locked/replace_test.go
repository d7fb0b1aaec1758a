package locked_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// TestReplaceRemovesFilesOfKilledRuns creates files with the names of temporary files.
func TestReplaceRemovesFilesOfKilledRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, old := filepath.Join(dir, "config.json"), time.Now().Add(-time.Hour)
	for name, times := range map[string]time.Time{
		".config.json-123456": old, ".config.json-7": time.Now(), ".config.json-backup": old, ".config.json-": old, ".other.json-123456": old, "config.json-123456": old,
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("token"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, times, times); err != nil {
			t.Fatal(err)
		}
	}
	if err := locked.Replace(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "new" {
		t.Errorf("got %q, %v", text, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{".config.json-", ".config.json-7", ".config.json-backup", ".other.json-123456", "config.json", "config.json-123456"}
	if !slices.Equal(got, want) {
		t.Errorf("the folder contains %q, want %q", got, want)
	}
}
