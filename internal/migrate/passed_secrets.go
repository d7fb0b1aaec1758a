package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

// reportPassedSecrets reports secrets whose names suggest registry tokens and
// that no edit can replace. The workflow passes these secrets as build
// arguments, as environment variables of scripts, or as inputs of actions.
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
		if step.Run != nil {
			p.reportArguments(step)
		}
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
			p.reportRemaining(SecretEnv, locationOf(pair.Value), fmt.Sprintf("If the secret is used only for %s, replace the secret with ${{ %s }}, and give the job packages: write or packages: read.", p.opts.Registry, p.token()),
				"%s is passed to %s as the environment variable %s. The workflow does not show how the secret is used.", secret, user, pair.Key.Value)
		}
	}
}

func (p *pass) reportInput(step *flow.Step, pair flow.Pair) {
	for _, secret := range p.registryTokens(pair.Value) {
		switch pair.Key.Value {
		case "build-args":
			p.reportRemaining(SecretBuildArg, locationOf(pair.Value), fmt.Sprintf("Pass the secret with the input secrets and read it in the Dockerfile with RUN --mount=type=secret. If the secret is used only for %s, pass ${{ %s }}.", p.opts.Registry, p.token()),
				"%s is a build argument, so the history of the image contains the value of the secret.", secret)
		case "script", "run":
		default:
			if knownActions()[actionName(step)].listed {
				continue // This action is known and does not use the token for a login to a registry.
			}
			p.reportRemaining(SecretEnv, locationOf(pair.Value), fmt.Sprintf("If the secret is used only for %s, replace the secret with ${{ %s }}.", p.opts.Registry, p.token()),
				"%s is passed to %s as the input %q. The use of the secret by this action is unknown.", secret, actionName(step), pair.Key.Value)
		}
	}
}

// reportArguments reports each secret that a script passes to a program as an
// argument. reportArguments reports the secret only if the program may use it
// to log in to the registry.
func (p *pass) reportArguments(step *flow.Step) {
	for _, c := range shell.Parse(step.Run.Value.Value, dialectOf(step)) {
		tool := toolOf(c.Fields())
		if len(tool) == 0 || slices.Contains([]string{"echo", "printf", "git", "gh", "curl", "export"}, tool[0]) ||
			slices.Contains(tool, "ssh") || slices.Contains(tool, "docker-registry") {
			continue
		}
		text := strings.Join(tool, " ")
		known := harmlessTools()[tool[0]] // A known program, such as docker, can have a secret as a build argument.
		if strings.Contains(text, "secrets") || !known && strings.Contains(text, "$") {
			p.reportCommand(step, c, tool[0], !known && p.spend(100_000) && p.mentionsRegistry(text, step))
		}
	}
}

// reportCommand reports the secrets in the arguments of one command. If the argument
// "ours" is false, reportCommand reports only secrets whose names suggest the registry.
func (p *pass) reportCommand(step *flow.Step, c shell.Command, tool string, ours bool) {
	script := step.Run.Value
	for _, w := range c.Words {
		for _, name := range p.secretsIn(w.Text, step) {
			if !ours && !looksLikeRegistryToken(name) || p.covers(script, w.Start, w.End) {
				continue
			}
			p.reportRemaining(SecretEnv, location{script, w.Start}, fmt.Sprintf("If the secret is used only for %s, replace the secret with ${{ %s }}, and give the job packages: write or packages: read.", p.opts.Registry, p.token()),
				"%s is an argument of %s. The workflow does not show how the program uses the secret.", name, tool)
		}
	}
}

// The method "covers" reports whether a login or another finding already covers a part
// of a script.
func (p *pass) covers(script *yaml.Node, from, to int) bool {
	for _, place := range p.loginPlaces[script] {
		if place.from < to && from < place.to {
			return true
		}
	}
	line, _, _ := p.position(location{script, from})
	return slices.ContainsFunc(p.findings, func(f Finding) bool {
		return f.Line == line && f.State == Remaining && f.Code != SecretEnv
	})
}

// registryTokens returns the secrets in a value whose names suggest registry
// tokens. registryTokens omits secrets that an edit replaces.
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

// isFound reports whether a finding already has the position of the node.
func (p *pass) isFound(n *yaml.Node) bool {
	return slices.ContainsFunc(p.findings, func(f Finding) bool {
		return f.Line == n.Line && f.Column == n.Column && f.Code != SecretElsewhere
	})
}
