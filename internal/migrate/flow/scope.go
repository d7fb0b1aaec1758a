package flow

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
)

// These placeholders replace an unknown owner or an unknown name of a
// repository. No real name equals a placeholder, so image names with
// placeholders can be compared.
const (
	UnknownOwner = "{owner}"
	UnknownName  = "{repository}"
)

// Repository contains the owner and the name of a repository. An unknown field
// is empty.
type Repository struct {
	Owner, Name string
}

// Known returns a copy of the repository with placeholders for the unknown
// fields.
func (r Repository) Known() Repository {
	if r.Owner == "" {
		r.Owner = UnknownOwner
	}
	if r.Name == "" {
		r.Name = UnknownName
	}
	return r
}

// Origin is the place of a text that a Lookup found. The field Source of an
// expr.Ref contains the Origin.
type Origin struct {
	// Context is the context of the reference: "env", "inputs" or "matrix".
	Context string
	Name    string
	Node    *yaml.Node
}

// Combo is one combination of the values in the matrix of a job.
type Combo map[string]*yaml.Node

// Scope resolves references in one job, one step and one combination of the
// matrix.
type Scope struct {
	Repository Repository
	Job        *Job
	Step       *Step // Step is nil for a text outside of a step.
	Combo      Combo // Combo is nil if the values of the matrix do not matter.
}

// Lookup implements expr.Lookup.
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

// Env finds the value of an environment variable. Env searches the step, the
// job, the workflow and the variables of the runner, in this order.
func (s Scope) Env(name string) (expr.Found, bool) {
	var places []*yaml.Node
	if s.Step != nil {
		places = append(places, s.Step.Env)
	}
	if s.Job != nil {
		places = append(places, s.Job.env, s.Job.Doc.env)
	}
	for _, place := range places {
		if n := Value(place, name); n != nil && n.Kind == yaml.ScalarNode {
			return expr.Found{Text: n.Value, Source: Origin{"env", name, n}}, true
		}
	}
	return s.builtin(name)
}

// builtin returns the value of a variable that the runner sets in each step.
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
	n := Value(s.Job.Doc.Inputs[name], "default")
	if n == nil || n.Kind != yaml.ScalarNode || n.Value == "" {
		return expr.Found{}, false
	}
	return expr.Found{Text: n.Value, Source: Origin{"inputs", name, n}}, true
}

func (s Scope) matrix(path []string) (expr.Found, bool) {
	n := s.Combo[path[0]]
	for _, step := range path[1:] {
		n = Value(n, step)
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
