package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// reportPassedSecrets reports secrets that look like registry tokens and that
// no edit can replace. The workflow passes these secrets as build arguments, as
// environment variables of scripts, or as inputs of actions.
func (p *pass) reportPassedSecrets() {
	p.reportEnv(flow.Get(p.doc.Root, "env"), "scripts")
	for _, job := range p.doc.Jobs {
		p.reportEnv(flow.Get(job.Node, "env"), "scripts")
	}
	p.steps(func(step *flow.Step) {
		user := "a script"
		if step.Uses != nil {
			user = actionName(step)
		}
		p.reportEnv(flow.Get(step.Node, "env"), user)
		for _, pair := range flow.Pairs(step.With) {
			if pair.Value.Kind == yaml.ScalarNode && !p.isFound(pair.Value) {
				p.reportInput(step, pair)
			}
		}
	})
}

func (p *pass) reportEnv(env *flow.Pair, user string) {
	if env == nil {
		return
	}
	for _, pair := range flow.Pairs(env.Value) {
		for _, secret := range p.registryTokens(pair.Value) {
			p.reportRemaining(SecretEnv, locationOf(pair.Value), "If the secret is used only for "+p.opts.Registry+", replace the secret with ${{ "+p.token()+" }}, and give the job packages: write or packages: read.",
				"%s is passed to %s as the environment variable %s. The workflow does not show how the secret is used.", secret, user, pair.Key.Value)
		}
	}
}

func (p *pass) reportInput(step *flow.Step, pair flow.Pair) {
	for _, secret := range p.registryTokens(pair.Value) {
		switch pair.Key.Value {
		case "build-args":
			p.reportRemaining(SecretBuildArg, locationOf(pair.Value), "Pass the secret with the input \"secrets\" and read it in the Dockerfile with RUN --mount=type=secret. If the secret is used only for "+p.opts.Registry+", pass ${{ "+p.token()+" }}.",
				"%s is a build argument, so the image's history contains it.", secret)
		case "script", "run":
		default:
			if knownActions[actionName(step)].listed {
				continue // the use of the token is known, and is not a registry login
			}
			p.reportRemaining(SecretEnv, locationOf(pair.Value), "If the secret is used only for "+p.opts.Registry+", replace the secret with ${{ "+p.token()+" }}.",
				"%s is passed to %s as the input %q. migrate does not know how this action uses the secret.", secret, actionName(step), pair.Key.Value)
		}
	}
}

// registryTokens returns the secrets in a value that look like registry tokens
// and that no edit replaced.
func (p *pass) registryTokens(n *yaml.Node) []string {
	if n == nil || !strings.Contains(n.Value, "secrets") || p.isFound(n) {
		return nil
	}
	var out []string
	for _, name := range leaves(p.eval(n.Value, nil, nil, nil)) {
		secret := strings.TrimPrefix(name, "secrets.")
		if looksLikeRegistryToken(name) && len(p.remaining(n, secret)) > 0 && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// isFound reports whether a finding already covers the node.
func (p *pass) isFound(n *yaml.Node) bool {
	return slices.ContainsFunc(p.findings, func(f Finding) bool {
		return f.Line == n.Line && f.Column == n.Column && f.Code != SecretElsewhere
	})
}
