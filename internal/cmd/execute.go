package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// configuration is the configuration of any command.
type configuration interface {
	Base() *input.Common
}

// runFunc runs a command in the environment of a process.
type runFunc func(context.Context, Process, *workflow.Workflow, input.Environment) error

// execute returns the function that runs a command. This function parses the inputs,
// masks the secrets and checks the runner's files. The function then opens the
// session and sets the deadline of the run. If the run fails before it has a result,
// the function writes the job summary.
func execute[C configuration](parse func(input.Environment) (C, error), run func(context.Context, *session, C) error) runFunc {
	return func(ctx context.Context, p Process, w *workflow.Workflow, env input.Environment) error {
		config, err := parse(env)
		for _, secret := range config.Base().Secrets() {
			// The secrets are masked even if an input is wrong, because the error can
			// quote a secret.
			w.Mask(secret)
		}
		p.hidden.add(config.Base().Secrets())
		if err = errors.Join(err, w.Check()); err == nil {
			err = within(ctx, p, w, config, run)
		} else {
			reportRefusal(p, w, config.Base())
		}
		if err != nil && config.Base().Summary && !w.Summarized() {
			writeSummary(w, config.Base().GitHub.ServerURL, p.hidden.summary(report.FailureMarkdown(config.Base().Command, err)))
		}
		return err
	}
}

// reportRefusal reports a step whose inputs are wrong. The function sets the output
// "outcome", prints that the run wrote nothing, and names the inputs that the run
// ignores, because one of these inputs is possibly the cause. At a terminal, only the
// error is shown.
func reportRefusal(p Process, w *workflow.Workflow, c *input.Common) {
	if !w.Active() {
		return
	}
	for _, n := range c.Notices {
		if n.Code == input.CodeUnknown {
			w.Annotate(n.Level, n.Title, n.Text)
		}
	}
	fmt.Fprint(p.Stdout, report.FailureText(c.Command))
	for _, o := range report.FailureOutputs(c.Command) {
		// If the file of the outputs cannot be written, w.Check has already returned
		// this error.
		_ = w.Output(o.Name, o.Value)
	}
}

// within opens a session for a valid configuration and runs a command with this
// session. The command ends at the deadline of the configuration.
func within[C configuration](ctx context.Context, p Process, w *workflow.Workflow, config C, run func(context.Context, *session, C) error) error {
	s, err := newSession(p, w, config.Base())
	if err != nil {
		return err
	}
	defer s.close()
	timeout := config.Base().Timeout
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, timeoutError(timeout))
	defer cancel()
	return run(ctx, s, config)
}

// result is the result of a command that succeeded or failed.
type result interface {
	Outputs() ([]report.Output, error)
	Markdown() markdown.Text
}

// finish sets the outputs, writes the job summary and prints the text. No other
// function writes a result.
func (s *session) finish(r result, out io.Writer, text string) error {
	outputs, err := r.Outputs()
	for _, o := range outputs {
		err = errors.Join(err, s.workflow.Output(o.Name, s.process.hidden.text(o.Value)))
	}
	s.writeSummary(r.Markdown())
	fmt.Fprint(out, text)
	return err
}

// writeSummary writes the job summary if the input "summary" is true.
func (s *session) writeSummary(summary markdown.Text) {
	if s.config.Summary {
		writeSummary(s.workflow, s.config.GitHub.ServerURL, s.process.hidden.summary(summary))
	}
}

// writeSummary writes the job summary. If the summary cannot be written, the run adds
// a warning and continues, because no later step depends on the summary. Only the pages of
// the GitHub server, and of the server of this project, become links.
func writeSummary(w *workflow.Workflow, server string, summary markdown.Text) {
	if err := w.Summary(summary.LinkTo(server, "https://github.com")); err != nil {
		w.Annotate(diag.Warning, "The job summary could not be written",
			err.Error()+". Check that the step runs as the runner's user and that the disk is not full.")
	}
}

// words returns a message in which the inputs have the names that the user writes. In
// a workflow, these are the inputs of the action. At a terminal, these are flags and
// arguments.
func (s *session) words(message string) string {
	if !s.config.Terminal {
		return message
	}
	return input.Terminal{Command: s.config.Command}.Text(message)
}

// say prints one line.
func (s *session) say(format string, args ...any) {
	fmt.Fprintln(s.process.Stdout, workflow.Line(fmt.Sprintf(format, args...)))
}
