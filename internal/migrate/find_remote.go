package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

func init() { register(findRemoteLogins) }

// findRemoteLogins finds credentials that leave the job: a login run on another
// machine through ssh, and pull secrets made for a cluster. They stay, since
// what uses them later would be left with an expired token.
func findRemoteLogins(p *pass) {
	p.steps(func(step *flow.Step) {
		if step.Run != nil {
			p.remoteScript(step)
			return
		}
		if script := flow.Get(step.With, "script"); script != nil && strings.Contains(actionName(step), "ssh") {
			p.remote(step, on(script.Value), flow.Text(script.Value))
		}
	})
}

func (p *pass) remoteScript(step *flow.Step) {
	script := flow.Text(step.Run.Value)
	if !strings.Contains(script, "ssh") && !strings.Contains(script, "docker-registry") {
		return
	}
	for _, c := range shell.Parse(script, shell.DialectOf(step.Shell())) {
		fields := c.Fields()
		switch {
		case slices.Contains(fields, "ssh"):
			for _, w := range append(c.Words, c.Stdin...) {
				p.remote(step, mark{step.Run.Value, w.Start}, w.Text)
			}
		case slices.Contains(fields, "docker-registry") && p.mentionsOurs(strings.Join(fields, " "), step):
			p.pullSecret(step, mark{step.Run.Value, c.Start}, strings.Join(fields, " "))
		}
	}
}

// remote speaks up about a login inside a text that another machine runs.
func (p *pass) remote(step *flow.Step, at mark, script string) {
	if !strings.Contains(script, "login") || !p.mentionsOurs(script, step) {
		return
	}
	for _, secret := range p.secretsIn(script, step) {
		p.left(RemoteLogin, at,
			"Keep a token with read:packages only on that machine, or make the package public; if the machine pulls during the job only, ${{ "+p.token()+" }} will do.",
			"A login on another machine uses %s; it stays, because the machine may pull again after the job.", secret)
	}
}

func (p *pass) pullSecret(step *flow.Step, at mark, command string) {
	for _, secret := range p.secretsIn(command, step) {
		p.left(OutlivesJob, at,
			"Use a token with read:packages only, made for the cluster, or make the package public.",
			"A pull secret is made from %s; it stays, because the cluster pulls after the job, when GITHUB_TOKEN is no longer valid.", secret)
	}
}

func (p *pass) mentionsOurs(text string, step *flow.Step) bool {
	return strings.Contains(marked(p.expand(text, nil, step), p.lookup(p.scope(step.Job, step, nil))), p.opts.Registry)
}

// secretsIn lists the secrets a text uses that are no user names and not the
// job's token, directly or through variables.
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
