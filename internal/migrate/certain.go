package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// certain evaluates a text like eval, but leaves each value unknown that can differ between
// two runs. The default value of an input is not certain, because a caller or a user
// can pass another value.
func (p *pass) certain(text string, job *flow.Job, step *flow.Step, combo flow.Combo) expr.Value {
	p.spend(100 + len(text))
	return expr.Eval(text, p.certainLookup(p.scope(job, step, combo)))
}

// certainLookup resolves the references that have the same value in each run.
func (p *pass) certainLookup(scope flow.Scope) expr.Lookup {
	next := p.lookup(scope)
	return func(path []string) (expr.Found, bool) {
		switch {
		case path[0] == "inputs", len(path) > 2 && path[0] == "github" && path[1] == "event" && path[2] == "inputs":
			return expr.Found{}, false
		case path[0] == "env" && len(path) == 2 && storesVariable(scope.Job, path[1]):
			return expr.Found{}, false
		}
		return next(path)
	}
}

// storesVariable reports whether a script of a job possibly gives an environment variable
// another value through the file $GITHUB_ENV.
func storesVariable(job *flow.Job, name string) bool {
	return slices.ContainsFunc(job.Steps, func(step *flow.Step) bool {
		return step.Run != nil && strings.Contains(step.Run.Value.Value, "GITHUB_ENV") && strings.Contains(step.Run.Value.Value, name)
	})
}
