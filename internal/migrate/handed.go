package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// remarkHandedOver speaks up about secrets that look like registry tokens and
// are handed on in a way no edit can judge: as build arguments, as environment
// variables of scripts, as inputs of actions.
func (p *pass) remarkHandedOver() {
	p.remarkMap(flow.Get(p.doc.Root, "env"), "scripts")
	for _, job := range p.doc.Jobs {
		p.remarkMap(flow.Get(job.Node, "env"), "scripts")
	}
	p.steps(func(step *flow.Step) {
		user := "a script"
		if step.Uses != nil {
			user = actionName(step)
		}
		p.remarkMap(flow.Get(step.Node, "env"), user)
		for _, pair := range flow.Pairs(step.With) {
			if pair.Value.Kind == yaml.ScalarNode && !p.isFound(pair.Value) {
				p.remarkInput(step, pair)
			}
		}
	})
}

func (p *pass) remarkMap(env *flow.Pair, user string) {
	if env == nil {
		return
	}
	for _, pair := range flow.Pairs(env.Value) {
		for _, secret := range p.registryTokens(pair.Value) {
			p.left(SecretEnv, on(pair.Value), "If it is used for "+p.opts.Registry+" only, put ${{ "+p.token()+" }} there and give the job packages: write or read.",
				"%s is handed to %s as %s; what it is used for cannot be seen here.", secret, user, pair.Key.Value)
		}
	}
}

func (p *pass) remarkInput(step *flow.Step, pair flow.Pair) {
	for _, secret := range p.registryTokens(pair.Value) {
		switch pair.Key.Value {
		case "build-args":
			p.left(SecretBuildArg, on(pair.Value), "Hand it over with secrets: and RUN --mount=type=secret; for "+p.opts.Registry+" ${{ "+p.token()+" }} will do.",
				"%s is a build argument, and so stays readable in the image's history.", secret)
		case "script", "run":
		default:
			if known[actionName(step)].listed {
				continue // what it does with a token is known, and is not the registry
			}
			p.left(SecretEnv, on(pair.Value), "If it is used for "+p.opts.Registry+" only, put ${{ "+p.token()+" }} there.",
				"%s is handed to %s as %s; what that does with it is not known.", secret, actionName(step), pair.Key.Value)
		}
	}
}

// registryTokens are the secrets of a value that look like registry tokens and
// were not replaced.
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

// isFound reports whether a finding already speaks of the node, or a login uses
// it.
func (p *pass) isFound(n *yaml.Node) bool {
	return slices.ContainsFunc(p.findings, func(f Finding) bool {
		return f.Line == n.Line && f.Column == n.Column && f.Code != SecretElsewhere
	})
}
