// Package handlebars evaluates the templates of the tag language as Handlebars
// 4 for JavaScript does. It implements the features that users of
// docker/metadata-action can reach. {{x}} is HTML-escaped, and {{{x}}} is not.
// Unknown names print nothing. Functions of the context are helpers. The
// helpers if, unless, each, with and lookup are built in.
//
// The package is not a general port. Partials, decorators, raw blocks and block
// parameters are errors. Templates are untrusted input, so the nesting, the
// steps and the output have limits.
package handlebars

import (
	"errors"
	"strings"
)

// These are the limits of one template. A typical template is one line long.
const (
	maxDepth  = 64
	maxSteps  = 100_000
	maxOutput = 1 << 20 // bytes
)

// ErrTooMuch is returned for a template that exceeds the limit of steps or
// output.
var ErrTooMuch = errors.New("the expression takes too many steps")

// Func is a helper, which is a function in the context. A template calls the
// function when the template prints this value.
type Func func(Call) (any, error)

// Call holds the arguments of a call of a helper.
type Call struct {
	// Params are the positional arguments.
	Params []any
	// Hash are the named arguments, in order.
	Hash []Named
}

// Named is a named argument.
type Named struct {
	Name  string
	Value any
}

// Undefined is JavaScript's undefined, the value of an unknown name.
type Undefined struct{}

// Object is the context of a template, or a value with fields. Values are
// strings, bools, ints, float64s, []any, Object, Func, nil and Undefined.
type Object map[string]any

// Template is a parsed template, safe for use by several goroutines.
type Template struct {
	source string
	body   []node
}

// Parse parses a template. A syntax error gives the position and the expected
// text.
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
		return nil, p.errorf("{{%s}} closes no block", stop.name())
	}
	strip(body, true)
	return &Template{source: source, body: body}, nil
}

// Execute evaluates the template in a context. It returns the error of a
// helper, or ErrTooMuch.
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

// Mentions reports whether an expression of the template uses the field.
func (t *Template) Mentions(name string) bool { return mentions(t.body, name) }

// Only reports whether the template consists of a single expression that names
// the field, such as {{raw}}, {{ raw }} and {{{raw}}}. A block such as {{#raw}}
// does not count.
func (t *Template) Only(name string) bool {
	if len(t.body) != 1 {
		return false
	}
	m, ok := t.body[0].(*mustache)
	return ok && m.call.path.is(name)
}
