package migrate

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// possessionOutside records the parts of a job outside of its steps that get the token
// and whose use of the token is unknown. Such a part is a service, an output of the job,
// or a job container of another registry.
func (p *pass) possessionOutside(d *demand, job *flow.Job) {
	if p.doc.Action || job.Uses != nil {
		return
	}
	for _, pair := range flow.Pairs(job.Node) {
		switch pair.Key.Value {
		case "steps", "env", "permissions", "if", "name":
		case "container":
			p.containerPossession(d, job, "the job container", pair.Value)
		case "services":
			for _, service := range flow.Pairs(pair.Value) {
				p.containerPossession(d, job, "the service "+service.Key.Value, service.Value)
			}
		default:
			h := p.possessionBelow(job, pair.Value)
			if pair.Key.Value == "outputs" && usesAnyStep(pair.Value) {
				h.merge(d.stored)
			}
			p.record(d, h, "the key "+pair.Key.Value+" of the job")
		}
	}
}

// usesAnyStep reports whether a node uses an output of a step.
func usesAnyStep(n *yaml.Node) bool {
	found := false
	flow.Scalars(n, func(s *yaml.Node) { found = found || strings.Contains(s.Value, "steps") })
	return found
}

// containerPossession records a container that gets the token. The variables and the
// options of the job container count as a part of each step. The credentials of a
// container count only if the image is in another registry than the target registry.
func (p *pass) containerPossession(d *demand, job *flow.Job, what string, container *yaml.Node) {
	for _, pair := range flow.Pairs(container) {
		switch key := pair.Key.Value; {
		case what == "the job container" && (key == "env" || key == "options"):
		case key == "credentials" && p.isTargetHost(hostOf(p.eval(flow.Text(flow.Value(container, "image")), job, nil, nil))):
		case key == "credentials":
			p.record(d, p.possessionIn(flow.Text(flow.Value(pair.Value, "password")), job, nil), what)
		default:
			p.record(d, p.possessionBelow(job, pair.Value), what)
		}
	}
}

func (p *pass) possessionBelow(job *flow.Job, n *yaml.Node) possession {
	var h possession
	flow.Scalars(n, func(s *yaml.Node) {
		if len(p.loginPlaces[s]) == 0 {
			h.merge(p.possessionIn(s.Value, job, nil))
		}
	})
	return h
}

// record records that the use of the token by a part of a job is unknown. If a caller of
// the file supplies the token, the part counts only for this caller.
func (p *pass) record(d *demand, h possession, what string) {
	if h.token {
		d.opaque(what)
		return
	}
	for _, name := range h.supplied {
		d.addSupplied(name, what)
	}
}
