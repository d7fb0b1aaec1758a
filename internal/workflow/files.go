package workflow

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// MaxSummary is the maximum size of the job summary of a step, in bytes. The runner
// discards a larger summary (docs/runner.md, Job summary).
const MaxSummary = 1 << 20

// Codes of the errors of this package.
const (
	// CodeOutputFileMissing means that GITHUB_OUTPUT is not set.
	CodeOutputFileMissing = "output-file-missing"
	// CodeOutputFileUnwritable means that a file for outputs, state or variables
	// cannot be written.
	CodeOutputFileUnwritable = "output-file-unwritable"
)

// Check returns an error if outputs cannot be set. A run calls Check before the
// first upload, because later steps need the digest. At a terminal, Check returns
// nil.
func (w *Workflow) Check() error {
	if !w.active {
		return nil
	}
	path := w.getenv("GITHUB_OUTPUT")
	if path == "" {
		return &diag.Error{
			Code: CodeOutputFileMissing, Side: diag.Runner,
			Title: "GITHUB_OUTPUT is not set, so later steps cannot read the outputs",
			Hint:  "The runner sets the variable for every step. If a step starts a container itself, pass the variable with docker run -e GITHUB_OUTPUT, and mount the folder of the file.",
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
		Title: fmt.Sprintf("The outputs file %q cannot be written", path),
		Hint:  "Check that the step runs as the runner's user and that the disk is not full.",
	}
}

// Output sets an output of the step.
func (w *Workflow) Output(name, value string) error { return w.record("GITHUB_OUTPUT", name, value) }

// State sets the variable STATE_<name> for the post step.
func (w *Workflow) State(name, value string) error { return w.record("GITHUB_STATE", name, value) }

// Env sets an environment variable for later steps.
func (w *Workflow) Env(name, value string) error { return w.record("GITHUB_ENV", name, value) }

// record appends a heredoc record to a file. A value cannot end the record, because
// the delimiter is random, and because record refuses a value that contains the
// delimiter.
func (w *Workflow) record(file, name, value string) error {
	path := w.getenv(file)
	if !w.active || path == "" {
		return nil
	}
	delimiter := "ghcr_publish_" + rand.Text()
	if name == "" || strings.Contains(value, delimiter) || strings.ContainsAny(name, "\r\n=<") {
		return fmt.Errorf("setting %q: the name or the value could end the record", name)
	}
	f, err := open(path)
	if err != nil {
		return outputError(path, err)
	}
	// The record is one write, because steps can run concurrently and could write
	// between two parts.
	_, err = fmt.Fprintf(f, "%s<<%s\n%s\n%s\n", name, delimiter, strings.ReplaceAll(value, "\r\n", "\n"), delimiter)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return outputError(path, err)
	}
	return nil
}

// Summary appends Markdown to the job summary. Package markdown has escaped all values in
// it. If the text is longer than
// MaxSummary, Summary truncates it after a complete line.
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

// Summarized reports whether Summary was called.
func (w *Workflow) Summarized() bool { return w.summarized }

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // the runner names the file
}
