// Package handlebars evaluates templates in the same way as Handlebars 4 for
// JavaScript. The package implements only the features that users of
// docker/metadata-action can use. The package escapes HTML in the value of
// {{x}}, but not in the value of {{{x}}}. Unknown names print nothing. The
// helpers of a template are the functions in its context, and the built-in
// helpers "if", "unless", "each", "with" and "lookup".
//
// The package is not a complete port of Handlebars. For partials, decorators,
// raw blocks and block parameters, Parse returns an error. Templates are
// untrusted input, so the package limits the nesting, the steps and the output.
package handlebars

import (
	"errors"
	"strings"
)

// Each template has the following limits. A typical template is one line long.
const (
	maxDepth  = 64
	maxSteps  = 100_000
	maxOutput = 1 << 20 // maxOutput is in bytes.
)

// ErrTooMuch is the error for a template that exceeds the limit of steps or the
// limit of output.
var ErrTooMuch = errors.New("the expression takes too many steps")

// Func is a helper. Func is a function in the context of a template, and the
// template calls the function to print its result.
type Func func(Call) (any, error)

// Call holds the arguments of a call of a helper.
type Call struct {
	// Params are the positional arguments.
	Params []any
	// Hash contains the named arguments in the order of the call.
	Hash []Named
}

// Named is a named argument.
type Named struct {
	Name  string
	Value any
}

// Undefined is the value of an unknown name, as in JavaScript.
type Undefined struct{}

// Object is the context of a template, or a value with fields. A value has the
// type string, bool, int, float64, []any, Object, Func or Undefined, or it is
// nil.
type Object map[string]any

// Template is a parsed template. Several goroutines can use a Template at the
// same time.
type Template struct {
	source string
	body   []node
}

// Parse parses a template. The error for invalid syntax contains the position
// and the unexpected text.
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

// Execute evaluates the template in a context. Execute returns the error of a
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

// Mentions reports whether an expression of the template contains the name.
func (t *Template) Mentions(name string) bool { return mentions(t.body, name) }

// Only reports whether the template is a single expression with the name, such
// as {{raw}}, {{ raw }} or {{{raw}}}. For a block such as {{#raw}}, Only returns
// false.
func (t *Template) Only(name string) bool {
	if len(t.body) != 1 {
		return false
	}
	m, ok := t.body[0].(*mustache)
	return ok && m.call.path.is(name)
}
