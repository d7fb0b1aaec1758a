// Package handlebars evaluates the templates of the tag language the way
// Handlebars 4 for JavaScript does, as far as docker/metadata-action's users
// can reach it: {{x}} is HTML-escaped, {{{x}}} is not, unknown names print
// nothing, functions of the context are helpers, and if, unless, each, with
// and lookup are built in.
//
// It is not a general port. Partials, decorators, raw blocks and block
// parameters are errors. Templates are untrusted: nesting, steps and output
// are bounded.
package handlebars

import (
	"errors"
	"strings"
)

// Limits on one template. Real ones are a line long.
const (
	maxDepth  = 64
	maxSteps  = 100_000
	maxOutput = 1 << 20 // bytes
)

// ErrTooMuch is returned for a template that runs or prints without end.
var ErrTooMuch = errors.New("the expression takes too many steps")

// Func is a helper: a value of the context that is called when it is printed.
type Func func(Call) (any, error)

// Call is how a helper was called.
type Call struct {
	// Params are the positional arguments.
	Params []any
	// Hash are the named ones, in order.
	Hash []Named
}

// Named is a named argument.
type Named struct {
	Name  string
	Value any
}

// Undefined is JavaScript's undefined: what an unknown name evaluates to.
type Undefined struct{}

// Object is the context of a template, or a value with fields. Values are
// strings, bools, ints, float64s, []any, Object, Func, nil and Undefined.
type Object map[string]any

// Template is a parsed template, safe for use by several goroutines.
type Template struct {
	source string
	body   []node
}

// Parse reads a template. The error says what was expected where.
func Parse(source string) (*Template, error) {
	if !strings.Contains(source, "{{") {
		return &Template{source: source, body: []node{&text{value: source}}}, nil
	}
	p := &parser{in: source}
	body, stop, err := p.program(0)
	switch {
	case err != nil:
		return nil, err
	case stop != nil:
		return nil, p.errorf("{{%s}} closes nothing", stop.name())
	}
	strip(body, true)
	return &Template{source: source, body: body}, nil
}

// Execute evaluates the template in a context.
func (t *Template) Execute(context Object) (string, error) {
	if len(t.body) == 1 {
		if only, ok := t.body[0].(*text); ok {
			return only.value, nil
		}
	}
	r := &run{root: context}
	if err := r.program(t.body, &frame{this: context}); err != nil {
		return "", err
	}
	return r.out.String(), nil
}

// Mentions reports whether any expression of the template names the field.
func (t *Template) Mentions(name string) bool { return mentions(t.body, name) }

// Only reports whether the template is nothing but one expression that names
// the field, as {{raw}}, {{ raw }} and {{{raw}}} do, and {{#raw}} does not.
func (t *Template) Only(name string) bool {
	if len(t.body) != 1 {
		return false
	}
	m, ok := t.body[0].(*mustache)
	return ok && m.call.path.is(name)
}
