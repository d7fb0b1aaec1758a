// Package cmd parses the inputs of a step or the flags of a command line, runs one
// command, and writes the outputs, the summary and the log. Each command has its own
// file, and the function "execute" runs every command.
//
// Only package cmd turns errors into an exit code.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// Exit codes.
const (
	OK          = 0
	Failure     = 1   // the run failed
	Different   = 1   // The command "diff --exit-code" found a difference.
	Trouble     = 2   // The command "diff --exit-code" could not compare the images.
	Interrupted = 130 // SIGINT or SIGTERM ended the run.
)

// Process contains the variables, the standard streams and the terminal of a run.
// Tests use their own Process.
type Process struct {
	Getenv         func(string) string
	Environ        func() []string // Environ returns all variables for the programs that a run starts.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Terminal is true if Stderr is a terminal. The program then updates the progress
	// in place.
	Terminal bool
	// Columns returns the width of the terminal. If Columns is nil, the width is 80.
	Columns func() int
	// Sleep waits between the attempts of a request to Sigstore, and between the reads of a
	// list of referrers. If Sleep is nil, the program waits on the real clock.
	Sleep retry.Sleeper

	hidden *hidden // hidden contains the secrets of the run.
	// stream is the standard output for the bytes of an image, which the program
	// never changes.
	stream io.Writer
}

// columns returns the width of the terminal, or 80 if the width is unknown.
func (p Process) columns() int {
	if p.Columns != nil {
		if n := p.Columns(); n > 0 {
			return n
		}
	}
	return 80
}

// environ returns the variables for other programs. If Environ is nil, environ
// returns no variables.
func (p Process) environ() []string {
	if p.Environ == nil {
		return nil
	}
	return p.Environ()
}

// System returns the Process of this operating system process. System also removes
// the private variables from the operating system process. A library can start a
// program, such as a credential helper, and this program then inherits no token.
func System() Process {
	all := os.Environ()
	private := map[string]string{}
	for _, pair := range all {
		if key, value, _ := strings.Cut(pair, "="); program.Private(key) || key == "ACTIONS_RUNTIME_TOKEN" {
			private[key] = value
			// If the variable cannot be removed, the process keeps the variable, and
			// the run continues.
			_ = os.Unsetenv(key)
		}
	}
	getenv := func(key string) string {
		if value, ok := private[key]; ok {
			return value
		}
		return os.Getenv(key)
	}
	return Process{
		Getenv: getenv, Environ: func() []string { return all }, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb",
		Columns: func() int {
			width, _, _ := term.GetSize(int(os.Stderr.Fd())) // After an error, the width is 0.
			return width
		},
	}
}

// Main runs the program and returns its exit code. In a workflow step without
// arguments, the input "command" contains the name of the command.
func Main(ctx context.Context, args []string, p Process) int {
	code, _ := run(ctx, args, p)
	return code
}

// run implements Main. run also returns the error after it has printed the error.
func run(ctx context.Context, args []string, p Process) (code int, err error) {
	// The HTTP library writes bytes that a server sends on an idle connection to the
	// default logger. The log must not contain these bytes, because the runner
	// executes workflow commands in the log.
	log.SetOutput(io.Discard)
	p.hidden, p.stream = &hidden{}, p.Stdout
	p.Stderr = &lockedWriter{out: p.hidden.writer(p.Stderr)}
	w := workflow.New(p.Getenv, p.Stdout)
	// The variable w still writes to the original output, because the commands that
	// mask the secrets contain the secrets.
	p.Stdout = p.hidden.writer(p.Stdout)
	words := func(text string) string { return text }
	if len(args) == 0 && w.Active() {
		err = step(ctx, p, w)
	} else {
		words = wordsOf(args)
		err = commandLine(ctx, args, p, w)
	}
	code = Failure
	if end := new(exit); errors.As(err, &end) {
		code, err = end.code, end.err
	} else if err == nil {
		code = OK
	}
	if err == nil {
		return code, nil
	}
	show(p, w, err, func(text string) string { return p.hidden.text(words(text)) })
	if ctx.Err() != nil {
		return Interrupted, err
	}
	return code, err
}

// exit is an error that ends the program with another exit code than Failure. If the
// field err is nil, the program prints no error.
type exit struct {
	code int
	err  error
}

// Error implements error.
func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

// Unwrap returns the error that the program prints.
func (e *exit) Unwrap() error { return e.err }

// step runs the main or the post step of the action.
func step(ctx context.Context, p Process, w *workflow.Workflow) error {
	name, summary, err := input.CommandOf(p.Getenv)
	if err != nil {
		reportRefusal(p, w, &input.Common{})
		if summary {
			writeSummary(w, p.Getenv("GITHUB_SERVER_URL"), report.FailureMarkdown("", err))
		}
		return err
	}
	c := commands[slices.IndexFunc(commands, func(c *command) bool { return c.name == name })]
	if p.Getenv(launch.StageEnv) == "post" {
		if c.post == nil {
			return nil
		}
		return c.post(ctx, p, w)
	}
	return c.run(ctx, p, w, input.Environment{Getenv: p.Getenv, Environ: p.environ()})
}

// show prints an error as annotations in a workflow, and as text at a terminal. The
// page of the run shows the title of an annotation in bold. The title is therefore
// the most important sentence. The code comes last, so that the user can search for
// it in docs/refusals.md. The function "words" replaces the names of inputs in a
// message.
func show(p Process, w *workflow.Workflow, err error, words func(string) string) {
	for _, e := range diag.All(err) {
		if w.Active() {
			w.Annotate(workflow.Failure, words(e.Heading()), explanation(e, words))
			continue
		}
		text := workflow.Lines("error: " + words(e.Heading()) + "\n" + explanation(e, words))
		// If the error cannot be printed, the program cannot report it elsewhere.
		_, _ = io.WriteString(p.Stderr, text+"\n\n")
	}
}

// explanation returns the cause, the hint and the code of an error.
func explanation(e *diag.Error, words func(string) string) string {
	var parts []string
	if e.Err != nil {
		parts = append(parts, words(e.Cause()))
	}
	if e.Hint != "" {
		parts = append(parts, words(e.Hint))
	}
	return strings.Join(append(parts, "("+e.Code+")"), "\n")
}
