package gate_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/gate"
)

// script returns a script whose temporary files are in a folder of the test.
func script(t *testing.T, text string, environ ...string) (*gate.Script, *bytes.Buffer) {
	t.Helper()
	needs.Bash(t)
	var out bytes.Buffer
	environ = append(environ, "PATH="+os.Getenv("PATH"))
	return &gate.Script{Text: text, Environ: environ, Temp: t.TempDir(), Folders: &folders{}, Out: &out}, &out
}

// folders remembers the folder of a script.
type folders struct{ recorded string }

func (f *folders) Record(folder string) error {
	f.recorded = folder
	return nil
}

// leavesNothing fails the test if the script left a temporary file.
func leavesNothing(t *testing.T, s *gate.Script) {
	t.Helper()
	left, err := os.ReadDir(s.Temp)
	if err != nil || len(left) > 0 {
		t.Errorf("the temporary folder contains %v, error %v", left, err)
	}
}

func TestScriptGetsFactsButNoTokens(t *testing.T) {
	t.Parallel()
	s, out := script(t, "env", "GITHUB_TOKEN=a", "gh_token=b", "INPUT_TOKEN=c", "ACTIONS_RUNTIME_TOKEN=d", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=e", "OWN=x-s3cret", "KEPT=yes")
	s.Secrets, s.Facts = []string{"", "s3cret"}, []string{"REFERENCE=ghcr.io/acme/web@sha256:0"}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(out.String()) {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	for _, want := range []string{"REFERENCE", "KEPT", "PATH"} {
		if !slices.Contains(names, want) {
			t.Errorf("the script did not get %s: %q", want, names)
		}
	}
	for _, name := range []string{"GITHUB_TOKEN", "gh_token", "INPUT_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "OWN", "DOCKER_CONFIG"} {
		if slices.Contains(names, name) {
			t.Errorf("the script got %s", name)
		}
	}
	leavesNothing(t, s)
}

func TestOnlyTheScriptCanReadTheLogin(t *testing.T) {
	t.Parallel()
	needs.Modes(t)
	s, out := script(t, `cat "$DOCKER_CONFIG/config.json"; stat -c %a "$DOCKER_CONFIG" "$DOCKER_CONFIG/config.json" "$(dirname "$DOCKER_CONFIG")"`, "DOCKER_CONFIG=/other")
	s.DockerConfig = []byte("{}\n")
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "{}\n700\n600\n700\n"; out.String() != want {
		t.Errorf("got %q, want %q", out, want)
	}
	leavesNothing(t, s)
}

func TestFailureContainsTheLastLines(t *testing.T) {
	t.Parallel()
	s, _ := script(t, "seq 100; echo last >&2; exit 7")
	s.DockerConfig = []byte("{}")
	var failure *gate.Failure
	if err := s.Run(t.Context()); !errors.As(err, &failure) {
		t.Fatalf("got %v, want a Failure", err)
	}
	if len(failure.Output) != 40 || failure.Output[0] != "62" || failure.Output[39] != "last" || failure.Error() != "exit status 7" {
		t.Errorf("got %v with the lines %q", failure, failure.Output)
	}
	leavesNothing(t, s)
}

// A program that is killed during the script leaves the folder. A later process removes the
// folder, but never another folder.
func TestRemoveRemovesOnlyTheFolderOfAScript(t *testing.T) {
	t.Parallel()
	s, out := script(t, `dirname "$DOCKER_CONFIG"`)
	s.DockerConfig = []byte("{}\n")
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	folder := s.Folders.(*folders).recorded
	if folder != strings.TrimSpace(out.String()) {
		t.Errorf("the recorded folder is %q, and the login was in %q", folder, out)
	}
	if err := os.MkdirAll(filepath.Join(folder, "docker"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a folder that does not exist is no error
		if err := gate.Remove(folder); err != nil {
			t.Error(err)
		}
	}
	leavesNothing(t, s)
	for _, other := range []string{s.Temp, "ghcr-publish-gate-1", ""} {
		if gate.Remove(other) == nil {
			t.Errorf("Remove accepted %q", other)
		}
	}
}

// A login of another tool is base64 text with the token, so the script does not get the
// variable. The token begins at each position within a group of base64 characters.
func TestScriptGetsNoEncodedToken(t *testing.T) {
	t.Parallel()
	const token = "ghs_0123456789abcdef"
	var environ []string
	for _, user := range []string{"", "a", "ab", "abc", "x-access-token"} {
		environ = append(environ, "LOGIN_"+user+"="+base64.StdEncoding.EncodeToString([]byte(user+":"+token+" and more")))
	}
	s, out := script(t, "env", append(environ, "SHORT=x", "KEPT=yes", "ENCODED="+base64.StdEncoding.EncodeToString([]byte("another text")))...)
	s.Secrets = []string{token, "xyz"}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Contains(got, "LOGIN_") || !strings.Contains(got, "KEPT=yes") || !strings.Contains(got, "ENCODED=") {
		t.Errorf("the environment of the script is %q", got)
	}
}

// The output of a script is larger than the memory that a Failure may use.
func TestLargeOutputIsBounded(t *testing.T) {
	t.Parallel()
	s, out := script(t, "head -c 1000000 /dev/zero | tr '\\0' x; exit 1")
	var failure *gate.Failure
	if err := s.Run(t.Context()); !errors.As(err, &failure) {
		t.Fatalf("got %v, want a Failure", err)
	}
	if kept := len(strings.Join(failure.Output, "")); out.Len() != 1_000_000 || kept > 20_000 {
		t.Errorf("the log has %d bytes, and the failure has %d bytes", out.Len(), kept)
	}
}

// The script ignores the request to end, and has a process in the background.
func TestCancelEndsAllProcessesOfTheScript(t *testing.T) {
	t.Parallel()
	s, _ := script(t, `trap '' TERM; (trap '' TERM; sleep 300) & echo $! >"$PIDS"; echo $$ >>"$PIDS"; wait`)
	pids := filepath.Join(t.TempDir(), "pids")
	s.Facts, s.DockerConfig = []string{"PIDS=" + pids}, []byte("{}")
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the run was stopped")
	time.AfterFunc(200*time.Millisecond, func() { cancel(stopped) })
	if err := s.Run(ctx); !errors.Is(err, stopped) {
		t.Errorf("got %v, want %v", err, stopped)
	}
	noneRuns(t, pids)
	leavesNothing(t, s)
}

func TestProcessesInTheBackgroundEndWithTheScript(t *testing.T) {
	t.Parallel()
	s, _ := script(t, `sleep 300 & echo $! >"$PIDS"`)
	pids := filepath.Join(t.TempDir(), "pids")
	s.Facts = []string{"PIDS=" + pids}
	if err := s.Run(t.Context()); err != nil {
		t.Error(err)
	}
	noneRuns(t, pids)
}

// noneRuns fails the test if one of the processes in a file still runs.
func noneRuns(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Fields(string(raw)) {
		pid, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		for try := 0; runs(pid); try++ {
			if try == 200 {
				t.Errorf("process %d still runs", pid)
				break
			}
			time.Sleep(10 * time.Millisecond) // the system needs a moment to end a killed process
		}
	}
}

// runs reports whether a process exists and is not a zombie.
func runs(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil || process.Signal(syscall.Signal(0)) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestMissingShellIsReported(t *testing.T) {
	t.Parallel()
	s, _ := script(t, "true")
	s.Environ = []string{"PATH=" + t.TempDir()}
	if err := s.Run(t.Context()); !errors.Is(err, gate.ErrNoShell) {
		t.Errorf("got %v, want ErrNoShell", err)
	}
	leavesNothing(t, s)
}
