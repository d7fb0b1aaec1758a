package cmd

import (
	"errors"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// say prints one line for people.
func (s *session) say(format string, args ...any) {
	fmt.Fprintln(s.process.Stdout, workflow.Line(fmt.Sprintf(format, args...)))
}

// writeOutputs sets the step's outputs and writes the summary.
func (r *publishing) writeOutputs() error {
	r.wireTotalsInto(r.report)
	outputs, err := r.report.Outputs()
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range outputs {
		errs = append(errs, r.workflow.Output(o.Name, o.Value))
	}
	r.workflow.Artifacts(r.report.Artifacts())
	r.writeSummary()
	return errors.Join(errs...)
}

// writeSummary writes what people look at; no later step depends on it.
func (r *publishing) writeSummary() {
	if !r.config.Summary {
		return
	}
	if err := r.workflow.Summary(r.report.Markdown()); err != nil {
		r.report.Notice(diag.Notice{
			Code: "summary-unwritable", Level: diag.Warning, Title: "The job summary could not be written",
			Text: err.Error() + ". Check that the step runs as the runner's user and that the disk is not full.",
		})
	}
}

// annotateNotices shows notices on the run's page; at a terminal they are in
// the closing text already.
func (r *publishing) annotateNotices() {
	for _, n := range r.report.Notices {
		r.workflow.Annotate(diag.Level(n.Level), n.Title, n.Text)
	}
	if r.report.Outcome == report.Skipped {
		r.workflow.Annotate(diag.Info, "Not published", r.report.Why)
	}
}
