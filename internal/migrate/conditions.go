package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// condition is the condition of a job or of a step. The field "secrets" contains the
// names of the secrets on which the condition depends, in upper case.
type condition struct {
	pair    *flow.Pair
	secrets []string
}

// reportConditions reports each condition of a job or of a step that depends on
// a secret of a migrated login. If the user deletes the secret, the condition
// becomes false, and the runner skips the login.
func (p *pass) reportConditions(l *login) {
	for _, c := range p.conditionsOf(l.job) {
		for _, secret := range c.secrets {
			if !l.usesSecret(secret) {
				continue
			}
			p.reportRemaining(SecretCondition, locationOf(c.pair.Key), "Before you delete the secret, remove the condition, or write a condition without the secret.",
				"The condition %q depends on secrets.%s, which %s no longer needs. Without the secret, the condition is false.", flow.Text(c.pair.Value), secret, l.what)
		}
	}
}

// conditionsOf returns the conditions of a job and its steps that depend on
// secrets.
func (p *pass) conditionsOf(job *flow.Job) []condition {
	if out, ok := p.conditions[job]; ok {
		return out
	}
	var out []condition
	add := func(holder *yaml.Node, step *flow.Step) {
		if pair := flow.Get(holder, "if"); pair != nil {
			if secrets := p.secretsOfCondition(flow.Text(pair.Value), job, step); len(secrets) > 0 {
				out = append(out, condition{pair, secrets})
			}
		}
	}
	add(job.Node, nil)
	for _, step := range job.Steps {
		add(step.Node, step)
	}
	p.conditions[job] = out
	return out
}

// usesSecret reports whether the password or the user name of a login comes
// from the named secret.
func (l *login) usesSecret(name string) bool {
	return slices.ContainsFunc(l.cases, func(c loginCase) bool {
		return containsFold(c.secrets, "secrets."+name) || containsFold(c.usernameSecrets, "secrets."+name)
	})
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// secretsOfCondition returns the secrets on which a condition depends directly
// or through variables. The names of the secrets are in upper case.
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

// variableNames returns the names of the variables in a condition. The
// condition can have the delimiters "${{ }}", but does not need them.
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
