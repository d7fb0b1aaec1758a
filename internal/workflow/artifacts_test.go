package workflow_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

func TestArtifactsDeclaresAtMostAHundredReferences(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "artifacts")
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_ARTIFACTS": path}
	w := workflow.New(func(name string) string { return env[name] }, io.Discard)
	w.Artifacts([]string{"ghcr.io/acme/web:1@sha256:0a", "forged\nfile://x"})
	w.Artifacts([]string{"ghcr.io/acme/web:2@sha256:0b"})
	got, err := os.ReadFile(path)
	if want := "oci://ghcr.io/acme/web:1@sha256:0a\noci://ghcr.io/acme/web:2@sha256:0b\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	var many []string
	for n := range 1000 {
		many = append(many, fmt.Sprint(n))
	}
	w.Artifacts(many)
	if got, err = os.ReadFile(path); err != nil || strings.Count(string(got), "\n") != 102 {
		t.Errorf("got %d lines, %v; want 102", strings.Count(string(got), "\n"), err)
	}
}

// Artifacts writes nothing for an older runner, at a terminal, or if the file
// cannot be written.
func TestArtifactsIgnoresMissingSupportAndErrors(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{
		{"GITHUB_ACTIONS": "true"},
		{"GITHUB_ARTIFACTS": filepath.Join(t.TempDir(), "x")},
		{"GITHUB_ACTIONS": "true", "GITHUB_ARTIFACTS": t.TempDir()},
	} {
		workflow.New(func(name string) string { return env[name] }, io.Discard).Artifacts([]string{"a:1@sha256:0a"})
		if path := env["GITHUB_ARTIFACTS"]; env["GITHUB_ACTIONS"] == "" {
			if _, err := os.Stat(path); err == nil {
				t.Error("artifacts were written at a terminal")
			}
		}
	}
}
