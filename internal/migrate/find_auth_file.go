package migrate

import (
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/shell"
)

func init() { register(findAuthFiles) }

// findAuthFiles finds scripts that write a registry credential directly into a
// Docker config file, mostly for kaniko. findAuthFiles reports these scripts
// but does not edit them, because each script encodes the credential in a
// different way.
func findAuthFiles(p *pass) {
	p.steps(func(step *flow.Step) {
		if step.Run == nil || !strings.Contains(flow.Text(step.Run.Value), "auths") {
			return
		}
		script := step.Run.Value.Value
		if !p.mentionsRegistry(script, step) {
			return
		}
		for _, c := range shell.Parse(script, dialectOf(step)) {
			for _, w := range append(c.Words, c.Stdin...) {
				for _, secret := range p.secretsIn(w.Text, step) {
					p.reportRemaining(UnknownSource, location{step.Run.Value, w.Start}, fmt.Sprintf("Replace the secret with ${{ %s }}. Give the job packages: write, or packages: read if the job only pulls.", p.token()),
						"A script writes %s into a Docker config file for %s. The script is not changed, because migrate cannot edit the content of a Docker config file.", secret, p.opts.Registry)
				}
			}
		}
	})
}
