package program_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
)

func TestReasonIsTheLineThatNamesTheFailure(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, output, want string }{
		{"no output", " \n", ""},
		{"one line", "Cannot connect to the Docker daemon\n", "Cannot connect to the Docker daemon"},
		{"help after the reason", "docker: 'buildx' is not a docker command.\n\nSee 'docker --help'\n", "docker: 'buildx' is not a docker command."},
		{"an error after other lines", "#1 load\n#1 DONE\nERROR: failed to solve: exit code: 1\n", "failed to solve: exit code: 1"},
		{"several errors", "Error: first\nerror: last\n", "last"},
		{"control characters", "\x1b[31mred\r\n", "[31mred"},
		{"a long line", strings.Repeat("é", 1000), strings.Repeat("é", 250) + "…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := program.Reason(c.output); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestErrorHasOneLineAndWrapsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("exit status 1")
	err := &program.Error{Command: "docker version", Output: "Client: 29\n\nError: no engine\n", Err: cause}
	if got, want := err.Error(), "running docker version: exit status 1: no engine"; got != want || !errors.Is(err, cause) {
		t.Errorf("got %q, want %q", got, want)
	}
}
