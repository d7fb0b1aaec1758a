package dockerfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
)

// Command is one program to run.
type Command struct {
	Name string
	Args []string
	Env  []string
	// Out receives standard output and standard error while the program runs.
	// If Out is nil, the function that runs the program returns the output.
	Out io.Writer
}

// Log receives the output of a builder.
type Log struct{ io.Writer }

func (l Log) printLine(line string) {
	if l.Writer != nil {
		fmt.Fprintln(l, line)
	}
}

// execute runs a program that is installed on the machine.
func execute(ctx context.Context, c Command) ([]byte, error) {
	if c.Out == nil {
		return program.Output(ctx, c.Env, c.Name, c.Args...)
	}
	cmd, err := program.Command(ctx, c.Env, c.Name, c.Args...)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = c.Out, c.Out
	return nil, cmd.Run()
}

// output runs a program and returns its output.
func (m *Machine) output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := m.run(ctx, Command{Name: name, Args: args, Env: program.Environ(m.Environ)})
	return strings.TrimSpace(string(out)), err
}

// runLogged runs a program with additional environment variables and writes
// the output of the program to the log.
func (m *Machine) runLogged(ctx context.Context, env []string, name string, args ...string) error {
	env = append(append(program.Environ(m.Environ), "NO_COLOR=1"), env...)
	var end program.Tail
	_, err := m.run(ctx, Command{Name: name, Args: args, Env: env, Out: io.MultiWriter(m.Log, &end)})
	if err == nil || ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	e := &diag.Error{
		Code: CodeFailed, Side: diag.Source, Title: name + " did not build the image",
		Hint: "Read the output of the builder in the log group \"Build\", and correct the Dockerfile or its context.",
	}
	if reason := program.Reason(end.ErrorLines()); reason != "" {
		e.Err = fmt.Errorf("%s reports: %s", name, reason)
	}
	return e
}

func (m *Machine) run(ctx context.Context, c Command) ([]byte, error) {
	if m.Exec != nil {
		return m.Exec(ctx, c)
	}
	return execute(ctx, c)
}
