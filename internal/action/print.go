package action

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
	if r.config.Summary {
		errs = append(errs, r.workflow.Summary(r.report.Markdown()))
	}
	return errors.Join(errs...)
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
