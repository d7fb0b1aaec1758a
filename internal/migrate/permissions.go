package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// need is the permission for packages that a job needs. The field "what" lists
// the steps that need this permission.
type need struct {
	level level
	what  []string
}

func (p *pass) addNeed(job *flow.Job, l level, what string) {
	n := p.needs[job]
	if n == nil {
		n = &need{}
		p.needs[job] = n
	}
	n.level = max(n.level, l)
	if !slices.Contains(n.what, what) {
		n.what = append(n.what, what)
	}
}

// grant adds the missing permission to each job that uses GITHUB_TOKEN after
// the edits. If the job has a permissions block, the method "grant" edits this block.
// Otherwise, the method "grant" adds a block to the job, so that other jobs do not get
// the permission.
func (p *pass) grant() {
	if p.doc.Action || len(p.needs) == 0 {
		return
	}
	for _, job := range p.doc.Jobs {
		n := p.needs[job]
		switch {
		case n == nil:
		case job.Permissions != nil:
			p.mergeInto(job.Permissions, job, n)
		case p.doc.Permissions != nil && p.granted(p.doc.Permissions, n.level):
		case p.doc.Permissions != nil:
			p.addBlock(job, n, p.inherited(p.doc.Permissions, job), fmt.Sprintf("The block of the job replaces the block of the workflow for this job. The new block repeats the scopes that the job needs. The other jobs do not get packages: %s.", n.level.String()))
		case p.doc.Callable && !p.doc.Direct:
			p.reportNote(CallerGrants, locationOf(job.Key), "The job %q has no permissions block, so each calling job must grant packages: %s.", job.ID, n.level)
		default:
			d := p.demand(job)
			if len(d.unknown) > 0 {
				p.reportRemaining(Permissions, locationOf(job.Key), unknownHint(d, n.level), "The job %q needs packages: %s for %s. The job gets no permissions block, because it is unknown which permissions %s. A new block would remove each scope that it does not name.",
					job.ID, n.level, strings.Join(n.what, ", "), needsOf(d.unknown))
				continue
			}
			p.addBlock(job, n, d.scopes, "A permissions block removes each scope that it does not name. The new block therefore names all scopes that the steps need.")
		}
	}
}

// inherited returns the scopes that a job gets from the permissions block of
// the workflow. If the block is "read-all", the method "inherited" returns only the
// scopes that the steps of the job need.
func (p *pass) inherited(workflow *flow.Pair, job *flow.Job) scopes {
	if flow.Text(workflow.Value) != "read-all" {
		return declared(workflow.Value)
	}
	return p.readScopes(workflow.Value, job)
}

// readScopes returns the scopes of "read-all" that the steps of a job need. The scope
// id-token has no read permission. If
// a step uses the token in an unknown way, readScopes returns all scopes.
func (p *pass) readScopes(all *yaml.Node, job *flow.Job) scopes {
	d := p.demand(job)
	if len(d.unknown) > 0 {
		return declared(all)
	}
	s := scopes{}
	for name, g := range d.scopes {
		if name != "id-token" {
			s[name] = grant{min(g.level, read), g.reason}
		}
	}
	return s
}

// granted reports whether a permissions block already contains the permission
// for packages.
func (p *pass) granted(pair *flow.Pair, l level) bool {
	return declared(pair.Value)["packages"].level >= l
}

// declared returns the scopes in the value of the key "permissions".
func declared(n *yaml.Node) scopes {
	s := scopes{}
	all := flow.Text(n)
	if l, ok := map[string]level{"read-all": read, "write-all": write}[all]; ok {
		for _, name := range defaultScopes {
			s.add(name, l, "")
		}
	}
	for _, pair := range flow.Pairs(n) {
		s[pair.Key.Value] = grant{level: parseLevel(flow.Text(pair.Value))}
	}
	return s
}

// mergeInto adds the permission for packages to an existing permissions block.
func (p *pass) mergeInto(pair *flow.Pair, job *flow.Job, n *need) {
	if p.granted(pair, n.level) {
		return
	}
	if p.widens(pair.Value, n.level) {
		p.separate(pair, job, n)
		return
	}
	item := "packages: " + n.level.String()
	var ok bool
	switch packages := flow.Get(pair.Value, "packages"); {
	case packages != nil && flow.Text(packages.Value) == "":
	case packages != nil:
		ok = p.insert(p.scalarStart(packages.Value), p.scalarEnd(packages.Value), n.level.String())
	case pair.Value.Kind == yaml.MappingNode && len(pair.Value.Content) > 0:
		ok = p.appendTo(pair.Value, item)
	case pair.Value.Kind == yaml.MappingNode:
		at := p.doc.Text.Start(pair.Value) + 1
		ok = p.insert(at, at, item)
	default:
		ok = p.replaceAll(pair, job, n)
	}
	if !ok {
		p.reportRemaining(Permissions, locationOf(pair.Key), fmt.Sprintf("Add %s to the permissions.", item), "The job %q needs %s, but its permissions cannot be edited safely.", job.ID, item)
		return
	}
	also := ""
	if aliases := p.doc.Aliases[pair.Value]; len(aliases) > 0 {
		also = " Other jobs share these permissions through an anchor."
	}
	p.reportEdit(Permissions, locationOf(pair.Key), "The job %q needs %s for %s. The edit adds this scope to the existing permissions block.%s", job.ID, item, strings.Join(n.what, ", "), also)
}

// replaceAll replaces "read-all" or an empty value by a permissions block.
func (p *pass) replaceAll(pair *flow.Pair, job *flow.Job, n *need) bool {
	s := declared(pair.Value)
	if flow.Text(pair.Value) == "read-all" && pair == job.Permissions {
		s = p.readScopes(pair.Value, job)
	}
	s.add("packages", n.level, "")
	f := p.doc.Text
	at, end := p.afterColon(pair.Key), p.scalarEnd(pair.Value)
	if at < 0 || end < 0 {
		return false
	}
	if flow.Text(pair.Value) == "" {
		rest := strings.TrimSpace(string(f.Bytes()[at:f.LineEnd(at)]))
		return (rest == "" || rest[0] == '#') && p.insert(at, at, " {"+s.inline()+"}")
	}
	if between := f.Bytes()[at:max(at, p.scalarStart(pair.Value))]; strings.TrimSpace(string(between)) != "" {
		return false // An anchor, a tag or a quote precedes the value.
	}
	if end == f.LineEnd(at) {
		items := s.items(p.indent(pair.Key) + "  ")
		return p.insert(at, end, f.EOL(at)+strings.Join(items, f.EOL(at)))
	}
	return p.insert(p.scalarStart(pair.Value), end, "{"+s.inline()+"}")
}

// addBlock adds a permissions block to a job without such a block. The argument "why" is
// a sentence about the scopes of the block.
func (p *pass) addBlock(job *flow.Job, n *need, s scopes, why string) {
	s = s.clone()
	s.add("packages", n.level, "")
	s["packages"] = grant{level: max(n.level, s["packages"].level)}
	if !p.insertBlock(job, s) {
		p.reportRemaining(Permissions, locationOf(job.Key), fmt.Sprintf("Add permissions: {%s} to the job.", s.inline()), "The job %q needs %s, but a permissions block cannot be added safely.", job.ID, s.inline())
		return
	}
	p.reportEdit(Permissions, locationOf(job.Key), "The job %q needs packages: %s for %s. The edit adds a permissions block to the job (%s). %s", job.ID, n.level, strings.Join(n.what, ", "), s.inline(), why)
}

func (s scopes) clone() scopes {
	out := scopes{}
	for name, g := range s {
		out[name] = g
	}
	return out
}

// inline returns the scopes of a permissions block on one line.
func (s scopes) inline() string {
	var items []string
	for _, name := range sortedKeys(s) {
		items = append(items, name+": "+s[name].level.String())
	}
	return strings.Join(items, ", ")
}
