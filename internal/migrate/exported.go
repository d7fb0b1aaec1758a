package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

// exported returns the references in the value of a variable that an earlier
// step of the job wrote to the file $GITHUB_ENV. The fields Via and Source of
// these references are nil, so an edit replaces the use of the variable and not
// its definition.
func (s *script) exported(name string, scope flow.Scope) []expr.Ref {
	steps := s.step.Job.Steps
	for i := slices.Index(steps, s.step) - 1; i >= 0; i-- {
		if steps[i].Run == nil || !strings.Contains(flow.Text(steps[i].Run.Value), "GITHUB_ENV") || !s.spend(10_000) {
			continue
		}
		script := steps[i].Run.Value.Value
		for _, c := range shell.Parse(script, dialectOf(steps[i])) {
			if refs := s.exportedBy(c, name, scope); len(refs) > 0 {
				return refs
			}
		}
	}
	return nil
}

func (s *script) exportedBy(c shell.Command, name string, scope flow.Scope) []expr.Ref {
	toEnv := func(w shell.Word) bool { return strings.Contains(w.Text, "GITHUB_ENV") }
	if !slices.ContainsFunc(c.Files, toEnv) {
		return nil
	}
	for _, w := range c.Words {
		if value, ok := strings.CutPrefix(w.Text, name+"="); ok {
			var refs []expr.Ref
			for _, leaf := range leaves(s.eval(value, s.step.Job, nil, scope.Combo)) {
				refs = append(refs, expr.Ref{Name: leaf})
			}
			return refs
		}
	}
	return nil
}
