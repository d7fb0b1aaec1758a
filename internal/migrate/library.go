package migrate

import (
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
)

// maxCalls is the maximum depth of calls that migrate follows. The server
// github.com allows ten levels (docs/runner.md, Nested workflow calls).
const maxCalls = 10

// library reads the local actions and reusable workflows of a checkout. The type
// "library" can also read the files of the other checkouts in the same scan.
type library struct {
	tree   *tree
	others []*tree

	callers callerIndex

	mu    sync.Mutex
	known map[string]*summary
}

// summary contains the facts about a called file that the calling file needs.
type summary struct {
	// found is true if a checkout contains the file.
	found bool
	// incomplete is true if files call each other in a circle, so that a part of the
	// effect is unknown.
	incomplete bool
	// migrated is true if an edit changes a login in the file. The field "level" is the
	// permission for packages that the edited logins need.
	migrated bool
	level    level
	demand   demand
	sinks    map[string]sink
	replaced map[string]bool
	use      traffic
}

func (s *summary) traffic() traffic { return s.use }

// sink describes an input that a called file uses as the password of a login.
type sink struct {
	host               string // If the field "host" is "", the field "registry" names the input that contains the host.
	registry, username string // The fields "registry" and "username" are names of inputs of the called file.
	level              level
}

// inputsOnlyForLogins returns the inputs that the file uses only as passwords
// of logins or in conditions. An edit in a calling file can replace the values
// of these inputs.
func (p *pass) inputsOnlyForLogins() map[string]bool {
	uses := map[string][]place{}
	for _, l := range p.logins {
		for _, c := range l.cases {
			if name := c.passwordInput; name != "" && len(c.password) > 0 {
				if last := c.password[len(c.password)-1].place; !slices.Contains(uses[name], last) {
					uses[name] = append(uses[name], last)
				}
			}
		}
	}
	out := map[string]bool{}
	for name, places := range uses {
		out[name] = p.inputMentions(name) <= len(places)
	}
	return out
}

// inputMentions counts how often the file uses an input outside of conditions.
func (p *pass) inputMentions(name string) int {
	count := 0
	add := func(n int) func(*yaml.Node) {
		return func(s *yaml.Node) {
			for _, form := range []string{"inputs." + name, "inputs['" + name + "']"} {
				for rest := s.Value; ; count += n {
					_, after, ok := strings.Cut(rest, form)
					if !ok {
						break
					}
					rest = after
				}
			}
		}
	}
	flow.Scalars(p.doc.Root, add(1))
	p.steps(func(step *flow.Step) {
		if condition := flow.Get(step.Node, "if"); condition != nil {
			flow.Scalars(condition.Value, add(-1))
		}
	})
	return count
}

// recordSink records that the calling file supplies the password of a login.
func (p *pass) recordSink(l *login, c loginCase) {
	if !p.doc.Callable || !p.loginInputs[c.passwordInput] {
		return
	}
	p.sinks[c.passwordInput] = sink{host: c.host, registry: c.registryInput, username: c.usernameInput, level: p.levelOf(l)}
}

// action returns the summary of the local action that a step uses.
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
	return &summary{use: traffic{opaque: true}, demand: demand{scopes: scopes{"contents": {level: read}}, unknown: []string{actionName(step)}}}
}

// workflow returns the summary of the reusable workflow that a job calls.
func (l *library) workflow(p *pass, job *flow.Job) *summary {
	if t, path := l.resolve(flow.Text(job.Uses.Value)); t != nil {
		return t.lib.summary(p, path)
	}
	return &summary{demand: demand{scopes: scopes{"contents": {level: read}}, unknown: []string{flow.Text(job.Uses.Value)}}}
}

// resolve returns the checkout and the path to which the value of a key "uses:"
// refers. The checkout is nil if no scanned checkout contains the file.
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

// summary returns the summary of a called file. If files call each other in a
// circle, the summary is empty and incomplete, because GitHub refuses such
// files. An incomplete summary depends on the file at which the scan of the circle
// started, so only the pass of that file stores the summary.
func (l *library) summary(p *pass, path string) *summary {
	id := l.tree.display(path)
	l.mu.Lock()
	s := l.known[path]
	l.mu.Unlock()
	if s == nil {
		s = p.memo[id]
	}
	if s != nil {
		p.incomplete = p.incomplete || s.incomplete
		return s
	}
	if len(p.callers) >= maxCalls || slices.Contains(p.callers, id) {
		p.incomplete = true
		return &summary{demand: demand{scopes: scopes{}}, incomplete: true}
	}
	s = l.read(p, path, id)
	p.memo[id] = s
	p.incomplete = p.incomplete || s.incomplete
	if !s.incomplete {
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
		return &summary{demand: demand{scopes: scopes{}}}
	}
	doc, err := flow.Parse(src)
	if err != nil {
		return &summary{demand: demand{scopes: scopes{}}}
	}
	callee := newPass(l.tree, path, doc, p.opts)
	callee.memo = p.memo
	callee.callers = slices.Concat(p.callers, []string{id})
	for _, find := range finders {
		find(callee)
	}
	callee.decideLogins()
	callee.followCalls()
	return callee.summarise()
}

func (p *pass) summarise() *summary {
	s := &summary{found: true, incomplete: p.incomplete, migrated: len(p.needs) > 0, sinks: p.sinks, demand: demand{scopes: scopes{}}, replaced: map[string]bool{}}
	for name := range p.replaced {
		s.replaced[name] = len(p.usesLeft(name)) == 0
	}
	for _, job := range p.doc.Jobs {
		s.use.merge(p.traffic(job))
		called := p.jobDemand(job)
		s.demand.merge(called)
		s.demand.mergeSupplied(called)
		if n := p.needs[job]; n != nil {
			s.level = max(s.level, n.level)
			s.demand.scopes.add("packages", n.level, "")
		}
	}
	if p.doc.Action {
		p.programOf(s)
	}
	return s
}

// jobDemand returns the permissions that a job has after the migration. If the
// file declares no permissions, jobDemand returns the permissions that the job
// needs.
func (p *pass) jobDemand(job *flow.Job) demand {
	switch {
	case job.Permissions != nil:
		return demand{scopes: declared(job.Permissions.Value)}
	case p.doc.Permissions != nil:
		return demand{scopes: declared(p.doc.Permissions.Value)}
	}
	d := p.demand(job)
	if p.registryJobs[job] {
		d.scopes.add("packages", p.traffic(job).level(), "")
	}
	return d
}
