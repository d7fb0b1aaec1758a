package migrate

import (
	"fmt"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// afterFailure matches the functions with which a step runs although an earlier step
// failed.
var afterFailure = lazy.Regexp(`(?i)\b(always|failure|cancelled) *\(`)

// logsOut matches the commands that remove a login.
var logsOut = lazy.Regexp(`\blogout\b`)

// orderObstacle returns a reason if the push step can run without the login. The old step
// then fails, but the new step would push.
func (p *pass) orderObstacle(c *chain) string {
	steps := c.push.Job.Steps
	login, push := slices.Index(steps, c.login), slices.Index(steps, c.push)
	if login > push {
		return "the job logs in after the push"
	}
	for _, step := range steps[login+1 : push] {
		if step.Run != nil && logsOut().MatchString(step.Run.Value.Value) {
			return stepName(step) + " possibly removes the login before the push"
		}
	}
	condition := valueOf(c.push, "if")
	if afterFailure().MatchString(flow.Text(condition)) && !sameCondition(condition, valueOf(c.login, "if")) {
		return fmt.Sprintf("the push step can run after a failure (%s), and the login then does not run", inner(flow.Text(condition)))
	}
	return ""
}

// idObstacle returns a reason if two steps of the job have the same id, because GitHub
// refuses such a workflow.
func (p *pass) idObstacle(c *chain) string {
	seen := map[string]bool{}
	for _, step := range c.push.Job.Steps {
		id := flow.Text(valueOf(step, "id"))
		if id != "" && seen[id] {
			return fmt.Sprintf("two steps have the id %q, and GitHub refuses such a workflow", id)
		}
		seen[id] = true
	}
	return ""
}
