package migrate

import (
	"slices"
	"strings"
)

// secretObstacle returns a reason if a build secret can be empty in some runs, because the
// new step refuses an empty build secret and the old step ignores it. A pull request from a
// fork has no secrets except GITHUB_TOKEN. A caller of a reusable workflow can omit a secret
// or an input, or pass an empty value.
func (p *pass) secretObstacle(c *chain) string {
	_, fork := p.doc.Triggers["pull_request"]
	_, called := p.doc.Triggers["workflow_call"]
	for line := range strings.Lines(c.push.Input("secrets")) {
		names := allRefs(p.certain(line, c.push.Job, c.push, nil))
		supplied := func(prefixes ...string) bool {
			return slices.ContainsFunc(names, func(name string) bool {
				return !isToken(name) && slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
			})
		}
		switch {
		case fork && supplied("secrets."):
			return "pull requests from forks have no secrets, and the new step refuses an empty build secret"
		case called && supplied("secrets.", "inputs."):
			return "a caller of the workflow can omit a value of the input secrets, and the new step refuses an empty build secret"
		}
	}
	return ""
}
