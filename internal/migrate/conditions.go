package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// reportConditions reports the conditions of a job and of its steps that depend on
// a secret of a migrated login. If a person deletes the secret, the condition
// becomes false, and the login is skipped.
func (p *pass) reportConditions(l *login) {
	p.reportCondition(l, l.job.Node, nil)
	for _, step := range l.job.Steps {
		p.reportCondition(l, step.Node, step)
	}
}

func (p *pass) reportCondition(l *login, holder *yaml.Node, step *flow.Step) {
	condition := flow.Get(holder, "if")
	if condition == nil {
		return
	}
	for _, secret := range p.secretsOfCondition(flow.Text(condition.Value), l.job, step) {
		if !slices.ContainsFunc(l.cases, func(c loginCase) bool {
			return containsFold(c.secrets, "secrets."+secret) || containsFold(c.usernameSecrets, "secrets."+secret)
		}) {
			continue
		}
		p.reportRemaining(SecretCondition, locationOf(condition.Key), "Remove the condition, or write a condition without the secret, before you delete the secret.",
			"The condition %q depends on secrets.%s, which %s no longer needs. Without the secret, the condition is false.", flow.Text(condition.Value), secret, l.what)
	}
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// secretsOfCondition returns the names of the secrets, in upper case, on which a
// condition depends directly or through variables.
func (p *pass) secretsOfCondition(condition string, job *flow.Job, step *flow.Step) []string {
	text := condition
	scope := p.scope(job, step, nil)
	for _, name := range variableNames(condition) {
		if found, ok := scope.Env(name); ok {
			text += " " + found.Text
		}
	}
	return sortedKeys(secretNames([]byte(text)))
}

// variableNames returns the names of the variables in a condition, which may be
// written without "${{ }}".
func variableNames(condition string) []string {
	if !strings.Contains(condition, "${{") {
		condition = "${{ " + condition + " }}"
	}
	var out []string
	expr.Eval(condition, func(path []string) (expr.Found, bool) {
		if path[0] == "env" && len(path) == 2 {
			out = append(out, path[1])
		}
		return expr.Found{}, false
	})
	return out
}
