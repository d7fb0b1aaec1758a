package migrate

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// demand describes the permissions of GITHUB_TOKEN that the steps of a job need.
type demand struct {
	scopes scopes
	// unknown lists the steps that receive the token and use it in an unknown
	// way. If the list "unknown" is not empty, the job keeps its permissions. A new
	// permissions block could remove a scope that such a step needs, or add a scope
	// that the step did not have.
	unknown []string
	// bySupplied maps an input or a secret of the file to the steps that use it in an
	// unknown way. If a caller passes the token as this input or secret, the caller adds
	// these steps to the list "unknown".
	bySupplied map[string][]string
	// stored describes the token that a script stores for later steps. checkout is true if
	// actions/checkout stores the token for Git.
	// otherCheckout is true if actions/checkout stores only other credentials for Git.
	stored                  possession
	checkout, otherCheckout bool
}

func (d *demand) merge(other demand) {
	d.scopes.merge(other.scopes)
	d.opaque(other.unknown...)
}

// mergeSupplied adds the steps of another job of the same file that use an input or a
// secret in an unknown way.
func (d *demand) mergeSupplied(other demand) {
	for name, steps := range other.bySupplied {
		for _, step := range steps {
			d.addSupplied(name, step)
		}
	}
}

func (d *demand) addSupplied(name, step string) {
	if d.bySupplied == nil {
		d.bySupplied = map[string][]string{}
	}
	if !slices.Contains(d.bySupplied[name], step) {
		d.bySupplied[name] = append(d.bySupplied[name], step)
	}
}

// opaque records that the use of the token by some steps is unknown.
func (d *demand) opaque(steps ...string) {
	for _, step := range steps {
		if !slices.Contains(d.unknown, step) {
			d.unknown = append(d.unknown, step)
		}
	}
}

// demand returns the permissions that a job with default permissions needs. The method
// "demand" reads actions.txt and the commands in the scripts of the job.
func (p *pass) demand(job *flow.Job) demand {
	d, ok := p.demandByJob[job]
	if !ok {
		d = p.readDemand(job)
		p.demandByJob[job] = d
	}
	return demand{scopes: d.scopes.clone(), unknown: slices.Clone(d.unknown), bySupplied: d.bySupplied}
}

func (p *pass) readDemand(job *flow.Job) demand {
	d := demand{scopes: scopes{}, checkout: slices.ContainsFunc(job.Steps, p.storesCredentials)}
	d.otherCheckout = !d.checkout && slices.ContainsFunc(job.Steps, func(step *flow.Step) bool {
		return actionName(step) == checkoutAction && (step.Input("token") != "" || step.Input("ssh-key") != "")
	})
	for _, step := range job.Steps {
		d.stored.merge(p.storedBy(step))
	}
	for _, step := range job.Steps {
		switch {
		case step.Run != nil:
			p.scriptDemand(&d, step)
		case step.Uses != nil:
			p.actionDemand(&d, step)
		}
	}
	if job.Uses != nil {
		called := p.tree.lib.workflow(p, job).demand
		d.merge(called)
		p.supplyWorkflow(&d, job, called)
	}
	p.possessionOutside(&d, job)
	for _, name := range sortedKeys(d.bySupplied) {
		if secret, ok := strings.CutPrefix(name, "secrets."); ok && !p.doc.Action && p.someCallerPassesToken(secret) {
			d.opaque(d.bySupplied[name]...)
		}
	}
	return d
}
