// Package cmd is the command layer: it parses the inputs of a step or the flags
// of a terminal, runs one command, and writes outputs, summary and log. Each
// command has a file of its own. The function execute runs all of them.
//
// Only this package turns errors into an exit code.
package cmd

import (
	"context"
	"io"
	"os"
	"slices"

	"golang.org/x/term"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// Exit codes.
const (
	OK          = 0
	Failure     = 1   // what was asked for is not true
	Interrupted = 130 // SIGINT or SIGTERM
)

// Process is the surrounding of a run, so that tests can be one.
type Process struct {
	Getenv         func(string) string
	Environ        func() []string // what Getenv reads from, for programs that are run
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Terminal says that Stderr is one, for live progress.
	Terminal bool
}

// environ is the environment for programs; without one they get none of ours.
func (p Process) environ() []string {
	if p.Environ == nil {
		return nil
	}
	return p.Environ()
}

// System is the real surrounding.
func System() Process {
	return Process{
		Getenv: os.Getenv, Environ: os.Environ, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb",
	}
}

// Main runs the program and returns its exit code. Without arguments in a
// workflow step the command comes from the input of that name.
func Main(ctx context.Context, args []string, p Process) int {
	p.Stderr = &shared{out: p.Stderr}
	w := workflow.New(p.Getenv, p.Stdout)
	var err error
	if len(args) == 0 && w.Active() {
		err = step(ctx, p, w)
	} else {
		err = commandLine(ctx, args, p, w)
	}
	if err == nil {
		return OK
	}
	show(p, w, err)
	if ctx.Err() != nil {
		return Interrupted
	}
	return Failure
}

// step is the action's main or post step.
func step(ctx context.Context, p Process, w *workflow.Workflow) error {
	name, err := input.CommandOf(p.Getenv)
	if err != nil {
		return err
	}
	c := commands[slices.IndexFunc(commands, func(c *command) bool { return c.name == name })]
	if p.Getenv("GHCR_PUBLISH_STAGE") == "post" {
		if c.post == nil {
			return nil
		}
		return c.post(ctx, p, w)
	}
	return c.run(ctx, p, w, input.Environment{Getenv: p.Getenv})
}

// show prints an error once: as annotations where GitHub listens, as text
// otherwise.
func show(p Process, w *workflow.Workflow, err error) {
	for _, e := range diag.All(err) {
		text := e.Title
		if e.Err != nil {
			text += ": " + e.Err.Error()
		}
		if e.Hint != "" {
			text += "\n" + e.Hint
		}
		if w.Active() {
			w.Annotate(workflow.Failure, heading(e), text)
			continue
		}
		_, _ = io.WriteString(p.Stderr, "error: "+workflow.Lines(text)+"\n\n") // nowhere left to complain
	}
}

func heading(e *diag.Error) string {
	if e.Input != "" {
		return "input " + e.Input
	}
	return e.Code
}
