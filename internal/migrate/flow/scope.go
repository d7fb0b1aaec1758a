package flow

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
)

// Stand-ins for a repository whose name nobody gave. They compare equal to
// themselves, which is all an evaluation of image names needs.
const (
	UnknownOwner = "{owner}"
	UnknownName  = "{repository}"
)

// Repository is what the github context says of the repository.
type Repository struct {
	Owner, Name string
}

// Known returns r with stand-ins for what is missing.
func (r Repository) Known() Repository {
	if r.Owner == "" {
		r.Owner = UnknownOwner
	}
	if r.Name == "" {
		r.Name = UnknownName
	}
	return r
}

// Origin is where a looked-up text stands: the source of an expr.Ref.
type Origin struct {
	// Context is "env", "inputs" or "matrix".
	Context string
	Name    string
	Node    *yaml.Node
}

// Combo is one combination of a job's matrix.
type Combo map[string]*yaml.Node

// Scope resolves references as they are seen from one place.
type Scope struct {
	Repository Repository
	Job        *Job
	Step       *Step // nil at job level
	Combo      Combo // nil outside a matrix
}

// Lookup is an expr.Lookup.
func (s Scope) Lookup(path []string) (expr.Found, bool) {
	if len(path) < 2 {
		return expr.Found{}, false
	}
	switch path[0] {
	case "env":
		return s.Env(path[1])
	case "inputs":
		return s.input(path[1])
	case "matrix":
		return s.matrix(path[1:])
	case "github":
		return s.github(strings.ToLower(strings.Join(path[1:], ".")))
	}
	return expr.Found{}, false
}

// Env finds an environment variable: step, then job, then workflow.
func (s Scope) Env(name string) (expr.Found, bool) {
	var places []*yaml.Node
	if s.Step != nil {
		places = append(places, s.Step.Env)
	}
	if s.Job != nil {
		places = append(places, s.Job.env, s.Job.Doc.env)
	}
	for _, place := range places {
		if n := value(place, name); n != nil && n.Kind == yaml.ScalarNode {
			return expr.Found{Text: n.Value, Source: Origin{"env", name, n}}, true
		}
	}
	return s.builtin(name)
}

// builtin are the variables every step has.
func (s Scope) builtin(name string) (expr.Found, bool) {
	switch name {
	case "GITHUB_REPOSITORY_OWNER":
		return s.github("repository_owner")
	case "GITHUB_REPOSITORY":
		return s.github("repository")
	}
	return expr.Found{}, false
}

func (s Scope) input(name string) (expr.Found, bool) {
	if s.Job == nil {
		return expr.Found{}, false
	}
	n := value(s.Job.Doc.Inputs[name], "default")
	if n == nil || n.Kind != yaml.ScalarNode || n.Value == "" {
		return expr.Found{}, false
	}
	return expr.Found{Text: n.Value, Source: Origin{"inputs", name, n}}, true
}

func (s Scope) matrix(path []string) (expr.Found, bool) {
	n := s.Combo[path[0]]
	for _, step := range path[1:] {
		n = value(n, step)
	}
	if n == nil || n.Kind != yaml.ScalarNode {
		return expr.Found{}, false
	}
	return expr.Found{Text: n.Value, Source: Origin{"matrix", strings.Join(path, "."), n}}, true
}

func (s Scope) github(name string) (expr.Found, bool) {
	r := s.Repository.Known()
	switch name {
	case "repository_owner", "event.repository.owner.login", "event.repository.owner.name":
		return expr.Found{Text: r.Owner}, true
	case "repository", "event.repository.full_name":
		return expr.Found{Text: r.Owner + "/" + r.Name}, true
	case "event.repository.name":
		return expr.Found{Text: r.Name}, true
	}
	if input, ok := strings.CutPrefix(name, "event.inputs."); ok {
		return s.input(input)
	}
	return expr.Found{}, false
}
