package migrate

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

func init() { register(findAuthFiles) }

// findAuthFiles finds scripts that write a registry credential into a Docker
// config file by hand, mostly for kaniko. It only reports such a script,
// because each script encodes the credential in its own way.
func findAuthFiles(p *pass) {
	p.steps(func(step *flow.Step) {
		if step.Run == nil || !strings.Contains(flow.Text(step.Run.Value), "auths") {
			return
		}
		script := step.Run.Value.Value
		if !p.mentionsRegistry(script, step) {
			return
		}
		for _, c := range shell.Parse(script, shell.DialectOf(step.Shell())) {
			for _, w := range append(c.Words, c.Stdin...) {
				for _, secret := range p.secretsIn(w.Text, step) {
					p.reportRemaining(UnknownSource, location{step.Run.Value, w.Start}, "Replace it with ${{ "+p.token()+" }}, and give the job packages: write, or packages: read if it only pulls.",
						"A script writes %s into a Docker config file for %s. No edit supports this form.", secret, p.opts.Registry)
				}
			}
		}
	})
}
