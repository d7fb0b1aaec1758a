package workflow

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// MaxSummary is the maximum size of the job summary of a step, in bytes. The runner
// discards a larger summary (docs/runner.md, Job summary).
const MaxSummary = 1 << 20

// These constants are the codes of the errors of this package.
const (
	// CodeOutputFileMissing means that GITHUB_OUTPUT is not set.
	CodeOutputFileMissing = "output-file-missing"
	// CodeOutputFileUnwritable means that the program cannot write a file for
	// outputs, state or variables.
	CodeOutputFileUnwritable = "output-file-unwritable"
)

// Check returns an error if the program cannot set outputs. A run calls Check before the
// first upload, because later steps need the output "digest". At a terminal, Check
// returns nil.
func (w *Workflow) Check() error {
	if !w.active {
		return nil
	}
	path := w.getenv("GITHUB_OUTPUT")
	if path == "" {
		return &diag.Error{
			Code: CodeOutputFileMissing, Side: diag.Runner,
			Title: "GITHUB_OUTPUT is not set, so later steps cannot read the outputs",
			Hint:  "The runner sets the variable GITHUB_OUTPUT for every step. If the step starts a container itself, pass the variable with docker run -e GITHUB_OUTPUT, and mount the folder of the file into the container.",
		}
	}
	f, err := open(path)
	if err != nil {
		return outputError(path, err)
	}
	return f.Close()
}

func outputError(path string, err error) error {
	return &diag.Error{
		Code: CodeOutputFileUnwritable, Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("The run cannot write the file %q", path),
		Hint:  "Run the step as the same user as the runner, and check that the disk is not full.",
	}
}

// Output sets an output of the step.
func (w *Workflow) Output(name, value string) error { return w.record("GITHUB_OUTPUT", name, value) }

// State sets the environment variable STATE_<name> for the post step of this
// action.
func (w *Workflow) State(name, value string) error { return w.record("GITHUB_STATE", name, value) }

// Env sets an environment variable for later steps.
func (w *Workflow) Env(name, value string) error { return w.record("GITHUB_ENV", name, value) }

// record appends a name and a value to a file of the runner, with a delimiter before and
// after the value. The delimiter is random, so that the author of a value cannot guess
// the delimiter. If a value contains the delimiter, or a name is not valid, record
// returns an error.
func (w *Workflow) record(file, name, value string) error {
	path := w.getenv(file)
	if !w.active || path == "" {
		return nil
	}
	delimiter := "ghcr_publish_" + rand.Text()
	if name == "" || strings.Contains(value, delimiter) || strings.ContainsAny(name, "\r\n=<") {
		return fmt.Errorf("setting %q: the name or the value contains a delimiter of the file", name)
	}
	f, err := open(path)
	if err != nil {
		return outputError(path, err)
	}
	// The name and the value are written in one call, because another step
	// that runs concurrently could write between two calls.
	_, err = fmt.Fprintf(f, "%s<<%s\n%s\n%s\n", name, delimiter, strings.ReplaceAll(value, "\r\n", "\n"), delimiter)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return outputError(path, err)
	}
	return nil
}

// Summary appends Markdown to the job summary. Package markdown has already
// escaped all values in the Markdown. If the Markdown is longer than
// MaxSummary, Summary truncates the Markdown after a complete line.
func (w *Workflow) Summary(summary markdown.Text) error {
	text := summary.String()
	w.summarized = true
	path := w.getenv("GITHUB_STEP_SUMMARY")
	if !w.active || path == "" {
		return nil
	}
	if len(text) > MaxSummary {
		const note = "\n\n_The summary is truncated, because the runner accepts at most 1 MiB._\n"
		text = text[:strings.LastIndexByte(text[:MaxSummary-len(note)], '\n')+1] + note
	}
	f, err := open(path)
	if err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// Summarized reports whether the program has called Summary.
func (w *Workflow) Summarized() bool { return w.summarized }

func open(path string) (*os.File, error) {
	return bounded.OpenOutput(path, os.O_APPEND|os.O_CREATE, 0o644)
}
