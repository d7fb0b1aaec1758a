package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

func init() { register(findRemoteLogins) }

// findRemoteLogins finds credentials for another machine or for a cluster. These are
// logins that run through ssh, and pull secrets. findRemoteLogins reports these
// credentials but does not edit them, because the machine or the cluster can use them
// after the job. After the job, GITHUB_TOKEN is no longer valid.
func findRemoteLogins(p *pass) {
	p.steps(func(step *flow.Step) {
		if step.Run != nil {
			p.findInScript(step)
			return
		}
		if script := flow.Get(step.With, "script"); script != nil && strings.Contains(actionName(step), "ssh") {
			p.reportRemoteLogin(step, locationOf(script.Value), flow.Text(script.Value))
		}
	})
}

func (p *pass) findInScript(step *flow.Step) {
	script := flow.Text(step.Run.Value)
	if !strings.Contains(script, "ssh") && !strings.Contains(script, "docker-registry") {
		return
	}
	for _, c := range shell.Parse(script, dialectOf(step)) {
		fields := c.Fields()
		switch {
		case slices.Contains(fields, "ssh"):
			for _, w := range append(c.Words, c.Stdin...) {
				p.reportRemoteLogin(step, location{step.Run.Value, w.Start}, w.Text)
			}
		case slices.Contains(fields, "docker-registry") && p.mentionsRegistry(strings.Join(fields, " "), step):
			p.reportPullSecret(step, location{step.Run.Value, c.Start}, strings.Join(fields, " "))
		}
	}
}

// reportRemoteLogin reports a login in a script that runs on another machine.
func (p *pass) reportRemoteLogin(step *flow.Step, at location, script string) {
	if !strings.Contains(script, "login") || !p.mentionsRegistry(script, step) {
		return
	}
	for _, secret := range p.secretsIn(script, step) {
		p.reportRemaining(RemoteLogin, at,
			fmt.Sprintf("Use a token with only the scope read:packages on the other machine, or make the package public. If the other machine pulls only during the job, log in with ${{ %s }}.", p.token()),
			"A login on another machine uses %s. The login is not changed, because the other machine may pull again after the job.", secret)
	}
}

func (p *pass) reportPullSecret(step *flow.Step, at location, command string) {
	for _, secret := range p.secretsIn(command, step) {
		p.reportRemaining(LongLivedCredential, at,
			"Create a token with only the scope read:packages for the cluster, or make the package public.",
			"A pull secret contains %s. The pull secret is not changed, because the cluster also pulls after the job, and GITHUB_TOKEN expires at the end of the job.", secret)
	}
}

func (p *pass) mentionsRegistry(text string, step *flow.Step) bool {
	return strings.Contains(evalOrMark(p.expand(text, nil, step), p.lookup(p.scope(step.Job, step, nil))), p.opts.Registry)
}

// secretsIn returns the secrets that a text uses, directly or through
// variables. secretsIn omits GITHUB_TOKEN and the secrets that contain a user
// name.
func (p *pass) secretsIn(text string, step *flow.Step) []string {
	var out []string
	v := p.eval(p.expand(text, nil, step), step.Job, step, nil)
	for _, name := range leaves(v) {
		if strings.HasPrefix(name, "secrets.") && !isToken(name) && looksLikeToken(name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
