package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findCalls) }

// findCalls finds the credentials that a job passes to a local action or a
// reusable workflow. findCalls records a credential only if the called file
// logs in with the credential.
func findCalls(p *pass) {
	p.steps(func(step *flow.Step) {
		if step.Uses == nil || knownActions()[actionName(step)].listed || step.With == nil {
			return
		}
		p.call(step.Job, step, step.With, p.tree.lib.action(p, step), actionName(step))
	})
	for _, job := range p.doc.Jobs {
		if job.Uses != nil && job.With != nil {
			p.call(job, nil, job.With, p.tree.lib.workflow(p, job), flow.Text(job.Uses.Value))
		}
	}
}

func (p *pass) call(job *flow.Job, step *flow.Step, with *yaml.Node, callee *summary, what string) {
	for _, input := range sortedKeys(callee.sinks) {
		sink := callee.sinks[input]
		password := flow.Get(with, input)
		if password == nil || password.Value.Kind != yaml.ScalarNode {
			continue
		}
		c := credential{registry: sink.host, password: p.fieldOf(password)}
		if given := flow.Get(with, sink.registry); given != nil {
			c.registry = flow.Text(given.Value)
		}
		if username := flow.Get(with, sink.username); username != nil {
			c.username = p.fieldOf(username)
		}
		l := login{code: PATInput, what: what, job: job, step: step, at: locationOf(password.Raw)}
		if step == nil {
			l.level = sink.level // A job that calls a workflow has no steps, so the called file determines the permission.
		}
		p.addLogin(l, c)
	}
}

// followCalls gives each calling job the permissions that the edits in the
// called files need. If a job passes a secret that the called workflow no
// longer uses, followCalls reports the secret.
func (p *pass) followCalls() {
	for _, job := range p.doc.Jobs {
		if job.Uses != nil {
			p.followWorkflow(job)
		}
		for _, step := range job.Steps {
			if step.Uses == nil || knownActions()[actionName(step)].listed {
				continue
			}
			if callee := p.tree.lib.action(p, step); callee.migrated {
				p.addNeed(job, max(callee.level, p.traffic(job).level()), actionName(step))
			}
		}
	}
}

func (p *pass) followWorkflow(job *flow.Job) {
	callee := p.tree.lib.workflow(p, job)
	name := flow.Text(job.Uses.Value)
	if callee.migrated {
		p.addNeed(job, callee.level, name)
	}
	if job.Secrets == nil {
		return
	}
	for _, pair := range flow.Pairs(job.Secrets.Value) {
		secrets := leaves(p.eval(flow.Text(pair.Value), job, nil, nil))
		switch {
		case callee.replaced[pair.Key.Value]:
			p.reportNote(UnusedSecret, locationOf(pair.Key), "%s no longer uses the secret %q. To remove the secret, first remove \"required: true\" from its declaration in the called workflow, then the secret from all calling workflows, and then the declaration. Otherwise, calls of the workflow fail.", name, pair.Key.Value)
		case !callee.found && isPassedToken(pair.Key.Value, secrets):
			p.reportRemaining(UnknownSource, locationOf(pair.Value), "Check out the repository of the called workflow, and run migrate with the folders of both repositories as arguments.",
				"The workflow %s receives %s, but no scanned checkout contains the workflow.", name, strings.Join(secrets, ", "))
		}
	}
}

// isPassedToken reports whether a passed secret probably contains a token for the
// registry. isPassedToken reads the names of the secret in both workflows. The argument
// "key" is the name of the secret in the called workflow.
func isPassedToken(key string, secrets []string) bool {
	other := func(name string) bool { return strings.HasPrefix(name, "secrets.") && !isToken(name) }
	return slices.ContainsFunc(secrets, looksLikeRegistryToken) || looksLikeRegistryToken("secrets."+key) && slices.ContainsFunc(secrets, other)
}
