package workflow

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// MaxSummary is the largest job summary of a step, in bytes; the runner drops
// a larger one whole (docs/runner.md, Job summary).
const MaxSummary = 1 << 20

// Check makes sure that outputs can be set, before anything is published
// whose digest would then be lost. At a terminal there is nothing to check.
func (w *Workflow) Check() error {
	if !w.active {
		return nil
	}
	path := w.getenv("GITHUB_OUTPUT")
	if path == "" {
		return &diag.Error{
			Code: "output-file-missing", Side: diag.Runner,
			Title: "GITHUB_OUTPUT is not set, so outputs could not be handed to later steps",
			Hint:  "The runner sets it for every step; in a container step of your own pass it on (docker run -e GITHUB_OUTPUT and its volume).",
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
		Code: "output-file-unwritable", Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("The outputs file %q cannot be written", path),
		Hint:  "Check that the step runs as the runner's user and that the disk is not full.",
	}
}

// Output sets an output of the step.
func (w *Workflow) Output(name, value string) error { return w.record("GITHUB_OUTPUT", name, value) }

// State hands a value to the post step, as STATE_<name>.
func (w *Workflow) State(name, value string) error { return w.record("GITHUB_STATE", name, value) }

// Env sets an environment variable for later steps.
func (w *Workflow) Env(name, value string) error { return w.record("GITHUB_ENV", name, value) }

// record appends one heredoc record. A value cannot end it early: the
// delimiter is random, and a value that holds it anyway is refused.
func (w *Workflow) record(file, name, value string) error {
	path := w.getenv(file)
	if !w.active || path == "" {
		return nil
	}
	delimiter := "ghcr_publish_" + rand.Text()
	if name == "" || strings.Contains(value, delimiter) || strings.ContainsAny(name, "\r\n=<") {
		return fmt.Errorf("setting %q: name or value cannot be written safely", name)
	}
	f, err := open(path)
	if err != nil {
		return outputError(path, err)
	}
	// One write: steps may run at the same time.
	_, err = fmt.Fprintf(f, "%s<<%s\n%s\n%s\n", name, delimiter, strings.ReplaceAll(value, "\r\n", "\n"), delimiter)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return outputError(path, err)
	}
	return nil
}

// Summary appends Markdown to the job summary. Text over the runner's limit
// is cut at a line.
func (w *Workflow) Summary(markdown string) error {
	path := w.getenv("GITHUB_STEP_SUMMARY")
	if !w.active || path == "" {
		return nil
	}
	if len(markdown) > MaxSummary {
		const note = "\n\n_Cut here: the runner takes one MiB._\n"
		markdown = markdown[:strings.LastIndexByte(markdown[:MaxSummary-len(note)], '\n')+1] + note
	}
	f, err := open(path)
	if err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	_, err = f.WriteString(markdown)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // the runner's file, named by the runner
}
