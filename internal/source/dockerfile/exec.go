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
	// Out hears both its outputs as they come; nil collects what it prints.
	Out io.Writer
}

// Log hears a builder.
type Log struct{ io.Writer }

func (l Log) say(line string) {
	if l.Writer != nil {
		fmt.Fprintln(l, line)
	}
}

// execute runs a real program.
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

// ask runs a program for what it prints.
func (m *Machine) ask(ctx context.Context, name string, args ...string) (string, error) {
	out, err := m.run(ctx, Command{Name: name, Args: args, Env: program.Environ(m.Environ)})
	return strings.TrimSpace(string(out)), err
}

// show runs a program whose output is shown, with more variables.
func (m *Machine) show(ctx context.Context, env []string, name string, args ...string) error {
	env = append(append(program.Environ(m.Environ), "NO_COLOR=1"), env...)
	_, err := m.run(ctx, Command{Name: name, Args: args, Env: env, Out: m.Log})
	if err == nil || ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return &diag.Error{
		Code: CodeFailed, Side: diag.Source, Err: err,
		Title: fmt.Sprintf("%s did not build the image", name),
		Hint:  "Its own words are in the log above. Nothing was pushed.",
	}
}

func (m *Machine) run(ctx context.Context, c Command) ([]byte, error) {
	if m.Exec != nil {
		return m.Exec(ctx, c)
	}
	return execute(ctx, c)
}
