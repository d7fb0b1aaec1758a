package migrate

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// widens reports whether an edit of a permissions block would also give the permission to
// a job that does not need it, because the job uses the block through an anchor.
func (p *pass) widens(block *yaml.Node, l level) bool {
	if p.doc.Permissions != nil && p.doc.Permissions.Value == block {
		return true
	}
	for _, job := range p.doc.Jobs {
		if job.Permissions == nil || job.Permissions.Value != block {
			continue
		}
		if n := p.needs[job]; n == nil || n.level < l {
			return true
		}
	}
	return false
}

// separate gives a job its own permissions block in place of the alias of a shared block.
func (p *pass) separate(pair *flow.Pair, job *flow.Job, n *need) {
	s := declared(pair.Value).clone()
	s.add("packages", n.level, "")
	block := "{" + s.inline() + "}"
	if !p.replaceAlias(pair.Raw, block) {
		p.reportRemaining(Permissions, locationOf(pair.Key), fmt.Sprintf("Write permissions: %s in this job, and in the other jobs the permissions that they have now.", block),
			"The job %q needs packages: %s, but jobs that do not need this scope share its permissions through an anchor.", job.ID, n.level)
		return
	}
	p.reportEdit(Permissions, locationOf(pair.Key), "The job %q needs packages: %s for %s. Other jobs share its permissions through an anchor and do not need this scope, so the edit writes a separate permissions block for this job.",
		job.ID, n.level, strings.Join(n.what, ", "))
}

// replaceAlias replaces an alias that only one place of the file contains.
func (p *pass) replaceAlias(alias *yaml.Node, s string) bool {
	if alias.Kind != yaml.AliasNode || p.sharedAlias(alias) {
		return false
	}
	start := p.doc.Text.Start(alias)
	text := "*" + alias.Value
	if start < 0 || !strings.HasPrefix(string(p.doc.Text.Bytes()[start:]), text) {
		return false
	}
	if !p.insert(start, start+len(text), s) {
		return false
	}
	p.replacedAliases[alias.Alias]++
	p.dropAnchor(alias.Alias)
	return true
}

// dropAnchor removes an anchor to which no alias refers after the edits, because actionlint
// reports such an anchor. An anchor at an unexpected place stays.
func (p *pass) dropAnchor(block *yaml.Node) {
	if p.replacedAliases[block] < len(p.doc.Aliases[block]) {
		return
	}
	for _, job := range p.doc.Jobs {
		if job.Permissions == nil || job.Permissions.Raw != block {
			continue
		}
		at, text := p.afterColon(job.Permissions.Key), " &"+block.Anchor
		if at >= 0 && strings.HasPrefix(string(p.doc.Text.Bytes()[at:]), text) {
			p.insert(at, at+len(text), "")
		}
		return
	}
}

// sharedAlias reports whether several jobs contain the same alias, because an anchor
// refers to a whole job.
func (p *pass) sharedAlias(alias *yaml.Node) bool {
	jobs := 0
	for _, job := range p.doc.Jobs {
		if job.Permissions != nil && job.Permissions.Raw == alias {
			jobs++
		}
	}
	return jobs > 1
}
