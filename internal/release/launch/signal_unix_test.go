//go:build unix

package launch_test

import (
	"bufio"
	"io"
	"os"
	"syscall"
	"testing"
)

func dieOfSignal() {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
	select {}
}

func TestSignalsReachTheProgram(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		signal os.Signal
		want   string
	}{
		{"a cancelled job", os.Interrupt, "cleaned up after interrupt\n"},
		{"and what follows after 7.5 s", syscall.SIGTERM, "cleaned up after terminated\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newRelease(t).step(programEnv + "=heed signals")
			got, code := s.interrupt(t, c.signal)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if want := 9; code != want {
				t.Errorf("exit code: got %d, want the exit code %d of the program", code, want)
			}
		})
	}
}

func TestSignalWhileBuilding(t *testing.T) {
	t.Parallel()
	s := newSource(t).step("PATH="+fakeGo(t, "go1.99.0"), goEnv+"=go1.99.0")
	got, code := s.interrupt(t, syscall.SIGTERM)
	if want := "cleaned up after terminated\n"; got != want {
		t.Errorf("got %q, want %q and no error after it", got, want)
	}
	if want := 128 + int(syscall.SIGTERM); code != want {
		t.Errorf("exit code: got %d, want %d", code, want)
	}
}

func TestProgramKilledBySignal(t *testing.T) {
	t.Parallel()
	s := newRelease(t).step(programEnv + "=die of a signal")
	if got, want := s.exit(t), 128+int(syscall.SIGKILL); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

// interrupt starts the step and waits until the started program is ready. It
// then sends the signal only to the launcher, as the runner does, and returns
// the rest of the output and the exit code.
func (s *step) interrupt(t *testing.T, signal os.Signal) (string, int) {
	t.Helper()
	s.Stdout = nil
	pipe, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q (%v), want ready\n%s", line, err, &s.stderr)
	}
	if err := s.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Wait() // the error only repeats ExitCode
	return string(rest), s.ProcessState.ExitCode()
}
