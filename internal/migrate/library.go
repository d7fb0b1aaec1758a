package migrate

import (
	"slices"
	"strings"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// maxCalls is how deep calls are followed (ten on github.com, docs/runner.md,
// Nested workflow calls).
const maxCalls = 10

// library knows the local actions and reusable workflows of a checkout, and
// those of the other checkouts of the same scan.
type library struct {
	tree   *tree
	others []*tree

	mu    sync.Mutex
	known map[string]*summary
}

// summary is what a caller needs to know of what it calls.
type summary struct {
	// found: it is in one of the checkouts.
	found bool
	// cut: calls in a circle kept some of it out of sight.
	cut bool
	// migrated: its own logins were edited; level is the packages permission
	// they need.
	migrated bool
	level    level
	scopes   scopes
	sinks    map[string]sink
	replaced map[string]bool
	use      traffic
}

func (s *summary) traffic() traffic { return s.use }

// sink is an input whose value becomes the password of a login.
type sink struct {
	host               string // "" if registry decides
	registry, username string // inputs
	level              level
}

// recordSink notes that a password comes from whoever calls this file.
func (p *pass) recordSink(l *login, c loginCase) {
	if c.passwordInput == "" || !p.doc.Callable {
		return
	}
	p.sinks[c.passwordInput] = sink{host: c.host, registry: c.registryInput, username: c.usernameInput, level: p.levelOf(l)}
}

// action summarises the local action a step uses.
func (l *library) action(p *pass, step *flow.Step) *summary {
	t, path := l.resolve(flow.Text(step.Uses.Value))
	for _, name := range []string{"action.yml", "action.yaml"} {
		if t == nil {
			break
		}
		if s := t.lib.summary(p, strings.TrimPrefix(path+"/"+name, "/")); s.found {
			return s
		}
	}
	return &summary{use: traffic{opaque: true}, scopes: scopes{"contents": {level: read}}}
}

// workflow summarises the reusable workflow a job calls.
func (l *library) workflow(p *pass, job *flow.Job) *summary {
	if t, path := l.resolve(flow.Text(job.Uses.Value)); t != nil {
		return t.lib.summary(p, path)
	}
	return &summary{scopes: scopes{"contents": {level: read}}}
}

// resolve finds the checkout and path that a "uses:" means; the checkout is nil
// for what none of them holds.
func (l *library) resolve(uses string) (*tree, string) {
	if path, ok := strings.CutPrefix(uses, "./"); ok {
		return l.tree, strings.TrimSuffix(path, "/")
	}
	if path, ok := strings.CutPrefix(uses, "$/"); ok {
		return l.tree, strings.TrimSuffix(path, "/")
	}
	uses, _, _ = strings.Cut(uses, "@")
	steps := strings.SplitN(uses, "/", 3)
	if len(steps) < 2 {
		return nil, ""
	}
	for _, t := range l.others {
		if strings.EqualFold(t.repo.Owner, steps[0]) && strings.EqualFold(t.repo.Name, steps[1]) {
			return t, strings.Join(steps[2:], "")
		}
	}
	return nil, ""
}

// summary reads a file that p's file calls. Files that call each other in a
// circle, which GitHub refuses, see nothing of each other; what was cut short so
// is remembered for the one file only that is being migrated.
func (l *library) summary(p *pass, path string) *summary {
	id := l.tree.display(path)
	l.mu.Lock()
	s := l.known[path]
	l.mu.Unlock()
	if s == nil {
		s = p.memo[id]
	}
	if s != nil {
		p.cut = p.cut || s.cut
		return s
	}
	if len(p.callers) >= maxCalls || slices.Contains(p.callers, id) {
		p.cut = true
		return &summary{scopes: scopes{}, cut: true}
	}
	s = l.read(p, path, id)
	p.memo[id] = s
	p.cut = p.cut || s.cut
	if !s.cut {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.known == nil {
			l.known = map[string]*summary{}
		}
		l.known[path] = s
	}
	return s
}

func (l *library) read(p *pass, path, id string) *summary {
	src, err := l.tree.read(path)
	if err != nil {
		return &summary{scopes: scopes{}}
	}
	doc, err := flow.Parse(src)
	if err != nil {
		return &summary{scopes: scopes{}}
	}
	callee := newPass(l.tree, path, doc, p.opts)
	callee.memo = p.memo
	callee.callers = slices.Concat(p.callers, []string{id})
	for _, find := range finders {
		find(callee)
	}
	callee.settle()
	callee.followCalls()
	return callee.summarise()
}

func (p *pass) summarise() *summary {
	s := &summary{found: true, cut: p.cut, migrated: len(p.needs) > 0, sinks: p.sinks, scopes: scopes{}, replaced: map[string]bool{}}
	for name := range p.replaced {
		s.replaced[name] = true
	}
	for _, job := range p.doc.Jobs {
		s.use.merge(p.traffic(job))
		s.scopes.merge(p.jobScopes(job))
		if n := p.needs[job]; n != nil {
			s.level = max(s.level, n.level)
			s.scopes.add("packages", n.level, "")
		}
	}
	return s
}

// jobScopes is what a job will have: what it declares, or what it needs.
func (p *pass) jobScopes(job *flow.Job) scopes {
	switch {
	case job.Permissions != nil:
		return declared(job.Permissions.Value)
	case p.doc.Permissions != nil:
		return declared(p.doc.Permissions.Value)
	}
	s := p.workedOut(job)
	if p.ours[job] {
		s.add("packages", p.traffic(job).level(), "")
	}
	return s
}
