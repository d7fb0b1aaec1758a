package migrate

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// supplyAction adds the steps of a local action that use a value of this step in an
// unknown way, if this value contains the token.
func (p *pass) supplyAction(d *demand, step *flow.Step, called demand) {
	for _, name := range sortedKeys(called.bySupplied) {
		var h possession
		if name == inherited {
			h = p.environment(step)
			h.merge(d.stored)
		} else {
			input := flow.Value(step.With, strings.TrimPrefix(name, "inputs."))
			h = p.possessionIn(flow.Text(input), step.Job, step)
		}
		for _, what := range called.bySupplied[name] {
			p.record(d, h, what)
		}
	}
}

// supplyWorkflow adds the steps of a called workflow that use a value of this job in an
// unknown way, if this value contains the token.
func (p *pass) supplyWorkflow(d *demand, job *flow.Job, called demand) {
	for _, name := range sortedKeys(called.bySupplied) {
		h := p.suppliedTo(job, name)
		for _, what := range called.bySupplied[name] {
			p.record(d, h, what)
		}
	}
}

// suppliedTo returns the ways in which the value that a job passes as an input or a secret
// of the called workflow contains the token. With "secrets: inherit", the value is the
// secret with the same name.
func (p *pass) suppliedTo(job *flow.Job, name string) possession {
	if input, ok := strings.CutPrefix(name, "inputs."); ok {
		return p.possessionIn(flow.Text(flow.Value(job.With, input)), job, nil)
	}
	if job.Secrets == nil {
		return possession{}
	}
	if flow.Text(job.Secrets.Value) == "inherit" {
		return p.possessionIn("${{ "+name+" }}", job, nil)
	}
	return p.possessionIn(flow.Text(flow.Value(job.Secrets.Value, strings.TrimPrefix(name, "secrets."))), job, nil)
}

// programOf records the use of the token by an action that is not a composite action. The
// workflow does not show the effect of its program.
func (p *pass) programOf(s *summary) {
	using := flow.Text(flow.Value(p.doc.Jobs[0].Node, "using"))
	if using == "composite" {
		return
	}
	h := possession{supplied: []string{inherited}}
	for _, name := range sortedKeys(p.doc.Inputs) {
		h.supply("inputs." + name)
		h.merge(p.possessionIn(flow.Text(flow.Value(p.doc.Inputs[name], "default")), p.doc.Jobs[0], nil))
	}
	p.record(&s.demand, h, "the program of "+p.path)
	s.use.opaque = true
}
