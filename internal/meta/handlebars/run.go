package handlebars

import (
	"fmt"
	"strings"
)

// run is the state of one execution of a template.
type run struct {
	root  Object
	out   strings.Builder
	steps int
}

// frame is the context of a block. In a path, "../" refers to the frame in the field
// "outer".
type frame struct {
	this  any
	data  Object // data contains @index and similar variables.
	outer *frame
}

func (r *run) step() error {
	r.steps++
	if r.steps > maxSteps || r.out.Len() > maxOutput {
		return ErrTooMuch
	}
	return nil
}

func (r *run) program(body []node, f *frame) error {
	for _, n := range body {
		if err := r.step(); err != nil {
			return err
		}
		if err := r.node(n, f); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) node(n node, f *frame) error {
	switch n := n.(type) {
	case *text:
		r.out.WriteString(n.value)
	case *mustache:
		v, err := r.print(n.call, f)
		if err != nil {
			return err
		}
		if s := str(v); n.escape {
			_, _ = escaper.WriteString(&r.out, s)
		} else {
			r.out.WriteString(s)
		}
	case *block:
		return r.block(n, f)
	}
	return nil
}

// print evaluates an expression that is not an argument. If the value is a function,
// print calls the function, even if the expression contains no arguments.
func (r *run) print(c call, f *frame) (any, error) {
	if !c.bare() || builtin(c.path) {
		return r.invoke(c, f)
	}
	return r.force(r.lookup(c.path, f))
}

// If the value is a function, force calls the function without arguments and returns its
// result. If the value is not a function, force returns the value unchanged.
func (r *run) force(v any) (any, error) {
	if fn, ok := v.(Func); ok {
		return fn(Call{})
	}
	return v, nil
}

// invoke calls a helper with the arguments of the call.
func (r *run) invoke(c call, f *frame) (any, error) {
	args, err := r.arguments(c, f)
	if err != nil {
		return nil, err
	}
	if builtin(c.path) {
		return r.inline(c.path.parts[0], args)
	}
	found := r.lookup(c.path, f)
	if _, missing := found.(Undefined); missing && len(args.Params) == 0 {
		return Undefined{}, nil // The function helperMissing of Handlebars has the same result.
	}
	fn, ok := found.(Func)
	if !ok {
		return nil, fmt.Errorf("%q is not a function", c.path.source)
	}
	return fn(args)
}

func (r *run) arguments(c call, f *frame) (Call, error) {
	var out Call
	for _, e := range c.params {
		v, err := r.value(e, f)
		if err != nil {
			return Call{}, err
		}
		out.Params = append(out.Params, v)
	}
	for _, h := range c.hash {
		v, err := r.value(h.value, f)
		if err != nil {
			return Call{}, err
		}
		out.Hash = append(out.Hash, Named{h.name, v})
	}
	return out, nil
}

// value evaluates an argument. If the argument is a function, value returns the
// function and does not call it, because the helper can call it.
func (r *run) value(e expr, f *frame) (any, error) {
	if err := r.step(); err != nil {
		return nil, err
	}
	switch e := e.(type) {
	case literal:
		return e.value, nil
	case path:
		return r.lookup(e, f), nil
	case call:
		return r.invoke(e, f)
	}
	return Undefined{}, nil
}

// lookup returns the value of a path. The path is relative to the frame f.
func (r *run) lookup(p path, f *frame) any {
	for range p.up {
		if f.outer == nil {
			return Undefined{}
		}
		f = f.outer
	}
	v := f.this
	if p.data {
		v = any(f.data)
		if p.names("root") && p.parts[0] == "root" {
			v = Object{"root": r.root}
		}
	}
	for _, part := range p.parts {
		v = field(v, part)
	}
	return v
}
