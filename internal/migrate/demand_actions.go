package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// harmlessName matches the names of actions that install a tool or cache files.
// These actions use their default token only to download public files.
var harmlessName = lazy.Regexp(`(^|[/_-])(setup|install|installer|cache|toolchain|free-disk-space)([/_-]|$)`)

// changingName matches the names of actions that change something at GitHub, although the
// rest of the name is harmless, such as delete-branch-cache.
var changingName = lazy.Regexp(`(^|[/_-])(delete|remove|clear|clean|cleanup|cleaner|purge|prune|evict|release|publish|deploy|comment|label|merge|create|update|push|sync|dispatch|approve|close)([/_-]|$)`)

func (p *pass) actionDemand(d *demand, step *flow.Step) {
	name := actionName(step)
	action, h := knownActions()[name], p.possessionOrStored(d, step)
	_, logsIn := loginActions[name]
	switch {
	case isLocalAction(name):
		called := p.tree.lib.action(p, step).demand
		d.merge(called)
		p.supplyAction(d, step, called)
		return
	case name == "actions/github-script":
		p.apiDemand(d, step, h)
	case action.listed && (action.push || action.runs):
		p.record(d, p.programPossession(d, step, action), stepTitle(step))
	case action.listed:
	case h.any():
		p.record(d, h, name)
	case !logsIn && (!harmlessName().MatchString(name) || changingName().MatchString(name)) && !strings.HasPrefix(name, "docker://"):
		d.opaque(name) // The token can be the default value of an input.
	}
	if !action.listed || p.usesOtherToken(step) {
		d.scopes.add("contents", read, "")
		return
	}
	d.scopes.addList(action.scopes, name)
	for _, input := range sortedKeys(action.byInput) {
		if value := step.Input(input); value != "" && value != "false" {
			d.scopes.addList(action.byInput[input], name)
		}
	}
}

// usesOtherToken reports whether an action gets another token than GITHUB_TOKEN as its own
// token. The action then needs no permissions of GITHUB_TOKEN.
func (p *pass) usesOtherToken(step *flow.Step) bool {
	other := false
	for _, input := range ownInputs {
		if value := step.Input(input); value != "" {
			other = true
			if len(p.loginPlaces[inputNode(step, input)]) > 0 {
				return false // An edit can replace this token.
			}
			if h := p.possessionIn(value, step.Job, step); h.any() || !strings.Contains(value, "secrets.") && !strings.Contains(value, ".outputs.") {
				return false
			}
		}
	}
	return other
}

// apiDemand records a step of actions/github-script whose script can call GitHub's API.
func (p *pass) apiDemand(d *demand, step *flow.Step, h possession) {
	if !usesAPI(step.Input("script")) {
		return
	}
	if value := step.Input("github-token"); value == "" {
		h.token = true // An empty input contains GITHUB_TOKEN by default.
	}
	p.record(d, h, stepTitle(step))
}

// ownInputs lists the inputs that contain the token for the action itself.
var ownInputs = []string{"github-token", "github_token", "gitHubToken", "token"}

// programPossession returns the ways in which an action passes the token to a program of
// the repository. An action that builds an image passes the values of its inputs to the
// Dockerfile, and the variables that its inputs name. An action that runs commands passes
// all variables. programPossession ignores the secret GIT_AUTH_TOKEN, because BuildKit
// uses this secret only to read the repository.
func (p *pass) programPossession(d *demand, step *flow.Step, action action) possession {
	environment := p.environment(step)
	environment.merge(d.stored)
	var h possession
	if action.runs {
		h.merge(environment)
	}
	for _, pair := range flow.Pairs(step.With) {
		if slices.Contains(ownInputs, pair.Key.Value) || len(p.loginPlaces[pair.Value]) > 0 {
			continue
		}
		for line := range strings.Lines(flow.Text(pair.Value)) {
			if strings.HasPrefix(strings.TrimSpace(line), "GIT_AUTH_TOKEN") {
				continue
			}
			h.merge(p.possessionIn(line, step.Job, step))
			named := slices.ContainsFunc(environment.variables, func(name string) bool { return countWord(line, name) > 0 })
			if named || pair.Key.Value == "secret-envs" && d.stored.any() {
				h.merge(environment)
			}
		}
	}
	return h
}

// stepTitle returns the name of the action that a step uses. If the step has a name, the
// result also contains this name.
func stepTitle(step *flow.Step) string {
	if name := flow.Text(valueOf(step, "name")); name != "" {
		return fmt.Sprintf("%s (%s)", actionName(step), name)
	}
	return actionName(step)
}

func isLocalAction(name string) bool {
	return strings.HasPrefix(name, "./") || strings.HasPrefix(name, "$/")
}

// apiCall matches code in a script of actions/github-script that can call GitHub's API or
// start a program.
var apiCall = lazy.Regexp(`\bgithub\b|\brequire\b|\bimport\b|\boctokit\b|\bexec\b|\bfetch\b|\bprocess\b|\bgetInput\b|\$\{\{ *inputs\b`)

// workflowExpression matches an expression that the runner replaces before the script runs.
var workflowExpression = lazy.Regexp(`\$\{\{ *github\.[^}]*\}\}`)

func usesAPI(script string) bool {
	return apiCall().MatchString(workflowExpression().ReplaceAllString(script, ""))
}

const checkoutAction = "actions/checkout"

// storesCredentials reports whether a step stores the token for Git. With another token or
// a key, the step stores this token or key.
func (p *pass) storesCredentials(step *flow.Step) bool {
	return actionName(step) == checkoutAction && step.Input("persist-credentials") != "false" && step.Input("ssh-key") == "" && !p.usesOtherToken(step)
}
