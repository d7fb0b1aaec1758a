package launch_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSourceIsBuilt(t *testing.T) {
	t.Parallel()
	tr := newSource(t)
	// A job that cross-compiles may set these variables. They must not affect
	// the build.
	main := tr.step("GOOS=plan9", "GOARCH=mips", "GOFLAGS=-mod=vendor", "GOWORK="+filepath.Join(t.TempDir(), "go.work"))
	if code := main.exit(t); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, &main.stdout, &main.stderr)
	}
	if out := main.stdout.String(); !strings.HasSuffix(out, "stage=main\n") || strings.Contains(out, "plan9") {
		t.Errorf("got %q", out)
	}
	built, err := filepath.Glob(filepath.Join(main.temp, "ghcr-publish-*", "ghcr-publish*"))
	if err != nil || len(built) != 1 {
		t.Errorf("got %q (%v), want one program in RUNNER_TEMP", built, err)
	}

	post := tr.step(append(main.states(t), "PATH="+t.TempDir())...)
	if code := post.exit(t); code != 0 {
		t.Fatalf("the post step needs no Go, but its exit code is %d\n%s%s", code, &post.stdout, &post.stderr)
	}
	if out := post.stdout.String(); !strings.HasSuffix(out, "stage=post\n") {
		t.Errorf("got %q", out)
	}
}

func TestSourceThatCannotBeBuilt(t *testing.T) {
	t.Parallel()
	tr := newSource(t)
	tr.write("main.go", []byte("package main\n\nfunc main() { nonsense() }\n"))
	s := tr.step()
	if got, want := s.exit(t), 1; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
	if out := s.stderr.String(); !strings.Contains(out, "undefined: nonsense") {
		t.Errorf("the error of the compiler is missing: %q", out)
	}
	if out := s.stdout.String(); !strings.Contains(out, "::error title=ghcr-publish did not start::building ") {
		t.Errorf("got %q", out)
	}
}

func TestErrorNamesTheRequiredGoVersion(t *testing.T) {
	t.Parallel()
	const cure = "with Go 1.26.0 or newer. Add a step with actions/setup-go"
	cases := []struct {
		name string
		have string // empty if the machine has no go command
		want string
	}{
		{"no Go", "", "running go env: spawnSync go ENOENT"},
		{"an old Go", "go1.9.7", "the installed Go version is 1.9.7."},
		{"a Go version that is one minor version too old", "go1.25.12", "the installed Go version is 1.25.12."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t).step("PATH="+fakeGo(t, c.have), goEnv+"="+c.have)
			if got, want := s.exit(t), 1; got != want {
				t.Errorf("exit code: got %d, want %d", got, want)
			}
			if out := s.stdout.String(); !strings.Contains(out, c.want) || !strings.Contains(out, cure) {
				t.Errorf("got %q, want %q and %q in it", out, c.want, cure)
			}
		})
	}
}

// fakeGo returns a folder with a go command of the given version. If the
// version is empty, the folder is empty.
func fakeGo(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	if version != "" {
		name := "go"
		if runtime.GOOS == "windows" {
			name = "go.exe"
		}
		writeProgram(t, filepath.Join(dir, name), self(t), 0o755)
	}
	return dir
}
