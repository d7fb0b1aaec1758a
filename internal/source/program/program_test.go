package program

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// script writes a program into a new folder and returns the folder.
func script(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	sourcetest.Program(t, dir, name, "#!/bin/sh\n"+text)
	return dir
}

func TestAProgramGetsNoToken(t *testing.T) {
	t.Parallel()
	dir := script(t, "tool", "/usr/bin/env")
	env := Environ([]string{"PATH=" + dir, "INPUT_TOKEN=x", "INPUT_SECRETS=x", "GITHUB_TOKEN=x", "GH_TOKEN=x", "CR_PAT=x", "DOCKER_HOST=h"})
	out, err := Output(t.Context(), env, "tool")
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || !slices.Contains(lines, "DOCKER_HOST=h") || strings.Contains(string(out), "=x") {
		t.Errorf("got %q, %v", lines, err)
	}
	if Environ(nil) == nil {
		t.Error("Environ(nil) is nil, which means the environment of this process")
	}
}

func TestErrorsContainTheStandardErrorOutput(t *testing.T) {
	t.Parallel()
	dir := script(t, "tool", "echo no such image >&2; exit 2")
	_, err := Output(t.Context(), []string{"PATH=" + dir}, "tool", "arg")
	var status *exec.ExitError
	if !errors.As(err, &status) || !strings.Contains(err.Error(), "running tool arg: exit status 2: no such image") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyAbsoluteFoldersOfThePathCount(t *testing.T) {
	t.Parallel()
	dir := script(t, "tool", "exit 0")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{relative, "", "."} {
		if _, err := Output(t.Context(), []string{"PATH=" + path}, "tool"); !errors.Is(err, exec.ErrNotFound) {
			t.Errorf("PATH=%s: %v", path, err)
		}
	}
}

func TestOutputHasALimit(t *testing.T) {
	t.Parallel()
	var k LimitedOutput
	for range 3 {
		if n, err := k.Write(make([]byte, maxAnswer/2+1)); n != maxAnswer/2+1 || err != nil {
			t.Fatalf("took %d, %v", n, err)
		}
	}
	if k.buffer.Len() != maxAnswer {
		t.Errorf("kept %d bytes", k.buffer.Len())
	}
}

func TestProgramsGetNoPrivateVariables(t *testing.T) {
	t.Parallel()
	private := []string{"INPUT_TOKEN", "input_token", "STATE_login", "GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "CR_PAT", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_ENV", "GITHUB_OUTPUT"}
	kept := []string{"PATH", "HOME", "DOCKER_CONFIG", "ACTIONS_RUNTIME_TOKEN", "HTTPS_PROXY", "GITHUB_SHA"}
	var env []string
	for _, name := range slices.Concat(private, kept) {
		env = append(env, name+"=x")
	}
	got := Environ(env)
	for i, name := range kept {
		if len(got) != len(kept) || got[i] != name+"=x" {
			t.Fatalf("got %q, want only %q", got, kept)
		}
	}
}
