package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
	"github.com/ghcr-publish/ghcr-publish/internal/migrate/flow"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// possession describes the ways in which a step can get GITHUB_TOKEN. The passwords of
// logins to a registry do not count, because a login uses the token only for the
// registry.
type possession struct {
	token bool // The step certainly gets the token.
	// supplied lists the inputs and secrets of the file that the step gets, for example
	// inputs.token. The step gets the token if a caller of the file passes it there.
	supplied []string
	// variables lists the environment variables of the step that contain the token or a
	// supplied value.
	variables []string
}

// inherited is the entry of the list "supplied" that stands for the environment of the job
// that uses a composite action. The steps of the action inherit this environment.
const inherited = "environment"

// any reports whether the step gets the token, or a value that can be the token.
func (h possession) any() bool { return h.token || len(h.supplied) > 0 }

// onlyInherited reports whether a step gets the token at most through the environment of
// the job that uses the composite action.
func (h possession) onlyInherited() bool {
	return !h.token && !slices.ContainsFunc(h.supplied, func(name string) bool { return name != inherited })
}

func (h *possession) merge(other possession) {
	h.token = h.token || other.token
	h.variables = append(h.variables, other.variables...)
	h.supply(other.supplied...)
}

func (h *possession) supply(names ...string) {
	for _, name := range names {
		if !slices.Contains(h.supplied, name) {
			h.supplied = append(h.supplied, name)
		}
	}
}

// tokenText matches the expressions that contain GITHUB_TOKEN. An index that is an
// expression can select each secret.
var tokenText = lazy.Regexp(`(?i)\bsecrets\.github_token\b|\bgithub\.token\b|\b(secrets|github)\[ *'(github_)?token' *\]|tojson\( *(secrets|github) *\)|\b(secrets|github)\.\*|\b(secrets|github)\[ *[^' \]]`)

func mentionsToken(text string) bool { return tokenText().MatchString(text) }

func countTokens(text string) int { return len(tokenText().FindAllString(text, -1)) }

// possessionIn returns the ways in which a text of a job contains the token. The
// argument "step" is nil for a text outside of the steps.
func (p *pass) possessionIn(text string, job *flow.Job, step *flow.Step) possession {
	h := possession{token: mentionsToken(text)}
	if h.token || !strings.Contains(text, "${{") {
		return h
	}
	for _, name := range allRefs(p.eval(text, job, step, nil)) {
		switch {
		case isToken(name):
			h.token = true
		case p.isSupplied(name):
			h.supply(name)
		case p.doc.Action && strings.HasPrefix(name, "env."):
			h.supply(inherited)
		}
	}
	return h
}

// allRefs returns all references of a value. The result contains the references through
// which the value passes.
func allRefs(v expr.Value) []string {
	var out []string
	for _, ref := range v.Refs {
		out = append(out, ref.Name)
		if ref.Via != nil {
			out = append(out, allRefs(*ref.Via)...)
		}
	}
	return out
}

// isSupplied reports whether a caller of the file supplies the value of a reference.
func (p *pass) isSupplied(name string) bool {
	if !p.doc.Callable {
		return false
	}
	if input, ok := strings.CutPrefix(name, "inputs."); ok {
		return p.doc.Inputs[input] != nil
	}
	secret, ok := strings.CutPrefix(name, "secrets.")
	return ok && p.doc.Secrets[secret] != nil
}

// possessionOf returns the ways in which a step gets the token: its environment, its
// inputs and the text of its script.
func (p *pass) possessionOf(step *flow.Step) possession {
	h := p.environment(step)
	for _, pair := range flow.Pairs(step.With) {
		h.merge(p.inputPossession(step, pair))
	}
	if step.Run != nil {
		h.merge(p.scriptPossession(step))
	}
	return h
}

// possessionOrStored returns the ways in which a step gets the token. The token can also
// be a value that an earlier step stores.
func (p *pass) possessionOrStored(d *demand, step *flow.Step) possession {
	h := p.possessionOf(step)
	h.merge(d.stored)
	return h
}

// inputPossession returns the ways in which one input of a step contains the token.
func (p *pass) inputPossession(step *flow.Step, pair flow.Pair) possession {
	var h possession
	flow.Scalars(pair.Value, func(n *yaml.Node) {
		if len(p.loginPlaces[n]) == 0 {
			h.merge(p.possessionIn(n.Value, step.Job, step))
		}
	})
	return h
}

// scriptPossession returns the ways in which the text of a script contains the token.
func (p *pass) scriptPossession(step *flow.Step) possession {
	script := step.Run.Value
	logins := len(p.loginPlaces[script])
	h := possession{token: countTokens(script.Value) > logins}
	if v := p.possessionIn(script.Value, step.Job, step); !h.token && len(v.supplied) > logins {
		h.supply(v.supplied...)
	}
	return h
}

// environment returns the variables through which a step gets the token. The step, the
// job, the workflow and the job container define environment variables.
func (p *pass) environment(step *flow.Step) possession {
	var h possession
	if p.doc.Action {
		h.supply(inherited)
	}
	holders := []*yaml.Node{step.Node, step.Job.Node, p.doc.Root}
	if container := flow.Get(step.Job.Node, "container"); container != nil && !p.doc.Action {
		holders = append(holders, container.Value)
		if options := flow.Get(container.Value, "options"); options != nil {
			h.merge(p.possessionIn(flow.Text(options.Value), step.Job, nil))
		}
	}
	for _, holder := range holders {
		if env := flow.Get(holder, "env"); env != nil {
			h.merge(p.variables(env.Value, step))
		}
	}
	return h
}

// variables returns the ways in which the variables of one key "env:" contain the token.
func (p *pass) variables(env *yaml.Node, step *flow.Step) possession {
	if env.Kind == yaml.ScalarNode { // The variables come from one expression, for example ${{ fromJSON(inputs.env) }}.
		return p.possessionIn(env.Value, step.Job, step)
	}
	var h possession
	for _, pair := range flow.Pairs(env) {
		v := p.possessionIn(flow.Text(pair.Value), step.Job, step)
		if v.any() {
			v.variables = []string{pair.Key.Value}
		}
		h.merge(v)
	}
	return h
}
