package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// candidates maps words in the names of steps to scopes that such steps often
// need.
var candidates = []struct{ word, scope string }{
	{"comment", "issues: write"}, {"comment", "pull-requests: write"}, {"issue", "issues: write"}, {"reaction", "issues: write"},
	{"pull", "pull-requests: write"}, {"-pr", "pull-requests: write"}, {"review", "pull-requests: write"}, {"danger", "pull-requests: write"},
	{"check", "checks: write"}, {"test", "checks: write"}, {"report", "checks: write"}, {"status", "statuses: write"},
	{"release", "contents: write"}, {"tag", "contents: write"}, {"commit", "contents: write"}, {"publish", "contents: write"}, {"push", "contents: write"},
	{"deploy", "deployments: write"}, {"pages", "pages: write"}, {"sarif", "security-events: write"}, {"scan", "security-events: write"}, {"security", "security-events: write"},
	{"dispatch", "actions: write"}, {"workflow", "actions: write"}, {"attest", "attestations: write"},
}

// candidateScopes returns the scopes that steps with the given names often
// need.
func candidateScopes(steps []string) []string {
	var out []string
	text := strings.ToLower(strings.Join(steps, " "))
	for _, c := range candidates {
		if strings.Contains(text, c.word) && !slices.Contains(out, c.scope) {
			out = append(out, c.scope)
		}
	}
	return out
}

// unknownHint returns the hint for a job with steps whose use of the token is
// unknown.
func unknownHint(d demand, packages level) string {
	s := d.scopes.clone()
	s.add("packages", packages, "")
	examples := ""
	if c := candidateScopes(d.unknown); len(c) > 0 {
		examples = fmt.Sprintf(" (perhaps %s)", strings.Join(c, ", "))
	}
	return fmt.Sprintf("Add permissions: {%s} to the job, and add the scopes that %s%s. Then run migrate again.", s.inline(), needsOf(d.unknown), examples)
}

// blockMissing reports whether the job has no permissions block and would get
// one if a login of the job is migrated.
func (p *pass) blockMissing(job *flow.Job) bool {
	return !p.doc.Action && job.Permissions == nil && p.doc.Permissions == nil && (!p.doc.Callable || p.doc.Direct)
}

// permissionsKnown reports whether the job of a login can get the permissions that
// its steps need. If the use of the token by a step is unknown, permissionsKnown
// reports a finding and returns false.
func (p *pass) permissionsKnown(l *login) bool {
	all := p.readsAll(l.job)
	if !all && !p.blockMissing(l.job) {
		return p.callersCanGrant(l)
	}
	d := p.demand(l.job)
	if len(d.unknown) == 0 {
		return true
	}
	if all {
		p.reportRemaining(Permissions, l.at, unknownHint(d, p.levelOf(l)),
			"%s uses %s. The login is not changed, because it is unknown which permissions %s. The job %q has all read permissions (read-all), and a list of scopes could lack one of these permissions.",
			l.what, l.credentialText(), needsOf(d.unknown), l.job.ID)
		return false
	}
	p.reportRemaining(Permissions, l.at, unknownHint(d, p.levelOf(l)),
		"%s uses %s. The login is not changed, because it is unknown which permissions %s. The job %q has no permissions block, and a new block removes each scope that it does not name.",
		l.what, l.credentialText(), needsOf(d.unknown), l.job.ID)
	return false
}

// readsAll reports whether a job gets its permissions from "read-all" and needs another
// permission for a login.
func (p *pass) readsAll(job *flow.Job) bool {
	pair := job.Permissions
	if pair == nil {
		pair = p.doc.Permissions
	}
	return pair != nil && flow.Text(pair.Value) == "read-all" && p.traffic(job).level() == write
}

// callersCanGrant reports whether the callers of a workflow can grant the permission that
// a login needs. A calling job without a permissions block would get a block with all
// scopes of the called jobs. If one of these scopes is unknown, callersCanGrant reports a
// finding and returns false.
func (p *pass) callersCanGrant(l *login) bool {
	if p.doc.Action || p.doc.Direct || l.job.Permissions != nil || p.doc.Permissions != nil {
		return true
	}
	caller := p.tree.lib.calledWithoutBlock(p.path, 0)
	if caller == "" {
		return true
	}
	d := demand{scopes: scopes{}}
	for _, job := range p.doc.Jobs {
		d.merge(p.jobDemand(job))
	}
	if len(d.unknown) == 0 {
		return true
	}
	p.reportRemaining(Permissions, l.at, strings.Replace(unknownHint(d, p.levelOf(l)), "to the job", "to the calling job in "+caller, 1),
		"%s uses %s. The login is not changed, because it is unknown which permissions %s. The calling job in %s has no permissions block, and a new block removes each scope that it does not name.",
		l.what, l.credentialText(), needsOf(d.unknown), caller)
	return false
}

func needsOf(steps []string) string {
	if len(steps) == 1 {
		return steps[0] + " needs"
	}
	return list(steps) + " need"
}

// credentialText names the credential of a login in a message.
func (l *login) credentialText() string {
	var names []string
	for _, c := range l.cases {
		for _, name := range c.secrets {
			if !isToken(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "a token in plain text"
	}
	return strings.Join(names, " or ")
}
