package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// maxProgram is the limit of the size of the program without debug data, in bytes.
// Each job that uses the action downloads the program.
const maxProgram = 19_400_000

// The limits of the memory that package initialisation allocates, in bytes. The
// memory is a measure of the work before main that does not depend on the machine.
// Regular expressions and tables cause most of it.
const maxInit = 435_000

// buildProgram builds the program without debug data, as a release does.
func buildProgram(t *testing.T) string {
	t.Helper()
	needs.Program(t, "go")
	file := filepath.Join(t.TempDir(), "ghcr-publish.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

func TestProgramIsSmallAndStartsWithLittleWork(t *testing.T) {
	t.Parallel()
	file := buildProgram(t)
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" && len(code) > maxProgram {
		t.Errorf("the program has %d bytes, more than %d", len(code), maxProgram)
	}
	// Package text/template calls methods by their names. The linker then keeps every
	// exported method of every type, which adds a quarter to the size of the program.
	// The names of functions are in the program also without debug data.
	if !bytes.Contains(code, []byte("main.main")) || bytes.Contains(code, []byte("text/template.(*state).evalField")) {
		t.Error("the program contains no function main.main, or it contains the interpreter of package text/template")
	}

	cmd := exec.CommandContext(t.Context(), file, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := initMemory(t, string(out)); n > maxInit || n == 0 {
		t.Errorf("package initialisation allocates %d bytes, want at most %d:\n%s", n, maxInit, out)
	}
}

// initMemory returns the sum of the bytes in the lines that GODEBUG=inittrace=1
// prints: "init internal/bytealg @0.008 ms, 0 ms clock, 0 bytes, 0 allocs" (package
// runtime, "Environment Variables").
func initMemory(t *testing.T, trace string) (total int) {
	t.Helper()
	for line := range strings.Lines(trace) {
		if !strings.HasPrefix(line, "init ") {
			continue
		}
		var name string
		var at, clock float64
		var size int
		if _, err := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes", &name, &at, &clock, &size); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		total += size
	}
	return total
}
