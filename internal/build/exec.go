package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
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

// maxAnswer bounds what is collected of a program's output, in bytes.
const maxAnswer = 1 << 20

// patience is how long a builder that was told to end may take to clean up.
const patience = 10 * time.Second

// execute runs a real program.
func execute(ctx context.Context, c Command) ([]byte, error) {
	path, err := find(c.Env, c.Name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, c.Args...)
	cmd.Env, cmd.WaitDelay = c.Env, patience
	if runtime.GOOS != "windows" { // which knows no gentle end
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	}
	if c.Out != nil {
		cmd.Stdout, cmd.Stderr = c.Out, c.Out
		return nil, cmd.Run()
	}
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = limited{&out}, limited{&failure}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running %s %s: %w: %s", c.Name, strings.Join(c.Args, " "), err, strings.TrimSpace(failure.String()))
	}
	return out.Bytes(), nil
}

// limited keeps the first bytes of an output.
type limited struct{ *bytes.Buffer }

func (l limited) Write(p []byte) (int, error) {
	if room := maxAnswer - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// find looks a program up in the PATH that it will have itself.
func find(env []string, name string) (string, error) {
	for _, dir := range filepath.SplitList(variable(env, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue // a program of the checkout is not to take a builder's place
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("finding %s: %w", name, exec.ErrNotFound)
}

func variable(env []string, name string) string {
	for _, pair := range env {
		key, value, _ := strings.Cut(pair, "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// kept leaves out what is not the builder's business: this action's inputs,
// which hold the token, and the token's own variables.
func kept(env []string) []string {
	out := []string{} // not nil, which would mean all of it
	for _, pair := range env {
		key, _, _ := strings.Cut(pair, "=")
		switch {
		case strings.HasPrefix(key, "INPUT_"), key == "GITHUB_TOKEN", key == "GH_TOKEN", key == "CR_PAT":
		default:
			out = append(out, pair)
		}
	}
	return out
}

// ask runs a program for what it prints.
func (m *Machine) ask(ctx context.Context, name string, args ...string) (string, error) {
	out, err := m.run(ctx, Command{Name: name, Args: args, Env: kept(m.Environ)})
	return strings.TrimSpace(string(out)), err
}

// show runs a program whose output is shown, with more variables.
func (m *Machine) show(ctx context.Context, env []string, name string, args ...string) error {
	env = append(append(kept(m.Environ), "NO_COLOR=1"), env...)
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
