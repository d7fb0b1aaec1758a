package migrate

import (
	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

func init() { register(findContainerCredentials) }

// findContainerCredentials finds job containers and service containers that the
// runner pulls with a credential.
func findContainerCredentials(p *pass) {
	for _, job := range p.doc.Jobs {
		if c := flow.Get(job.Node, "container"); c != nil {
			p.container(job, "the job container", c.Value)
		}
		services := flow.Get(job.Node, "services")
		if services == nil {
			continue
		}
		for _, s := range flow.Pairs(services.Value) {
			p.container(job, "the service "+s.Key.Value, s.Value)
		}
	}
}

func (p *pass) container(job *flow.Job, what string, n *yaml.Node) {
	image, credentials := flow.Get(n, "image"), flow.Get(n, "credentials")
	if image == nil || credentials == nil {
		return
	}
	password := flow.Get(credentials.Value, "password")
	if password == nil || password.Value.Kind != yaml.ScalarNode {
		return
	}
	c := credential{registry: flow.Text(image.Value), password: p.fieldOf(password)}
	if username := flow.Get(credentials.Value, "username"); username != nil {
		c.username = p.fieldOf(username)
	}
	for _, found := range imagesIn(p.eval(c.registry, job, nil, nil).Text, p.opts.Registry) {
		found.File, found.Line = p.tree.display(p.path), image.Value.Line
		p.images = append(p.images, found)
		p.finderImages[job] = true
	}
	p.addLogin(login{code: PATContainer, what: what, job: job, at: locationOf(password.Raw), level: read}, c)
}
