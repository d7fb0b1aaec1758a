package gate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/ghcr-publish/ghcr-publish/internal/publish/gate"
)

// TestMain is the shell if a test has copied this program to pwsh.exe or powershell.exe,
// because wine has no PowerShell. This shell prints its arguments and the script. The word
// environment, background, forever or fails in the script selects its further behaviour.
func TestMain(m *testing.M) {
	switch name := strings.ToLower(filepath.Base(os.Args[0])); name {
	case "pwsh.exe", "powershell.exe":
		os.Exit(shell(name, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// shell executes a script.
func shell(name string, args []string) int {
	if args[0] == "sleep" {
		_ = os.WriteFile(os.Getenv("PIDS"), []byte(strconv.Itoa(os.Getpid())), 0o600) // The test finds no file after an error.
		time.Sleep(5 * time.Minute)
		return 0
	}
	raw, err := os.ReadFile(args[len(args)-1])
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Printf("%s %s\n%s\n", name, strings.Join(args[:len(args)-1], " "), raw)
	switch text := string(raw); {
	case strings.Contains(text, "environment"):
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case strings.Contains(text, "background"), strings.Contains(text, "forever"):
		child := exec.Command(os.Args[0], "sleep")
		child.Stdout = os.Stdout // The child has the output of the script open.
		if err := child.Start(); err != nil {
			fmt.Println(err)
			return 1
		}
		for _, err := os.Stat(os.Getenv("PIDS")); err != nil; _, err = os.Stat(os.Getenv("PIDS")) {
			time.Sleep(10 * time.Millisecond)
		}
		if strings.Contains(text, "forever") {
			time.Sleep(5 * time.Minute)
		}
	case strings.Contains(text, "fails"):
		return 3
	}
	return 0
}

// onWindows returns a script whose shell is a copy of this program with the given name.
func onWindows(t *testing.T, name, text string) (s *gate.Script, out *bytes.Buffer, pids string) {
	t.Helper()
	self, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	bin := t.TempDir()
	file, err := os.Create(filepath.Join(bin, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, self); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	out, pids = &bytes.Buffer{}, filepath.Join(t.TempDir(), "pids")
	return &gate.Script{
		Text: text, Temp: t.TempDir(), Folders: &folders{}, Out: out, Facts: []string{"PIDS=" + pids},
		Environ: []string{"Path=" + bin, "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "ACTIONS_RUNTIME_TOKEN=a", "Input_Token=b", "KEPT=yes"},
	}, out, pids
}

func TestPowerShellGetsTheScriptInAFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pwsh.exe", "powershell.exe"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, out, _ := onWindows(t, name, "# environment")
			s.DockerConfig = []byte("{}")
			if err := s.Run(t.Context()); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range []string{
				name + " -NoProfile -NonInteractive -ExecutionPolicy Bypass -File\n", "$ErrorActionPreference = 'stop'\r\n# environment\r\n",
				"exit $LASTEXITCODE", "KEPT=yes", "DOCKER_CONFIG=" + s.Folders.(*folders).recorded,
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output does not contain %q:\n%s", want, out)
				}
			}
			if strings.Contains(out.String(), "TOKEN") || strings.Contains(out.String(), "Token") {
				t.Errorf("the script got a token:\n%s", out)
			}
			leavesNothing(t, s)
		})
	}
}

func TestPowerShellReturnsItsExitCode(t *testing.T) {
	t.Parallel()
	s, _, _ := onWindows(t, "pwsh.exe", "# fails")
	var failure *gate.Failure
	if err := s.Run(t.Context()); !errors.As(err, &failure) || failure.Error() != "exit status 3" {
		t.Errorf("got %v, want exit status 3", err)
	}
	leavesNothing(t, s)
}

// A job object ends the shell and the process that the shell has started: after a
// cancellation, and after the end of the shell.
func TestJobObjectEndsAllProcessesOfTheScript(t *testing.T) {
	t.Parallel()
	stopped := errors.New("the run was stopped")
	for _, c := range []struct {
		name, text string
		want       error
	}{{"a cancelled script", "# forever", stopped}, {"a script with a process in the background", "# background", nil}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _, pids := onWindows(t, "pwsh.exe", c.text)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if c.want != nil {
				go func() {
					for _, err := os.Stat(pids); err != nil && ctx.Err() == nil; _, err = os.Stat(pids) {
						time.Sleep(10 * time.Millisecond)
					}
					cancel(stopped)
				}()
			}
			if err := s.Run(ctx); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			ended(t, pids)
			leavesNothing(t, s)
		})
	}
}

// ended fails the test if the process in a file does not end.
func ended(t *testing.T, pids string) {
	t.Helper()
	raw, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.ParseUint(string(raw), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return // The process does not exist any more.
	}
	defer windows.CloseHandle(process)
	if event, err := windows.WaitForSingleObject(process, 10_000); err != nil || event != windows.WAIT_OBJECT_0 {
		t.Errorf("the process %d still runs: %d, %v", pid, event, err)
	}
}
