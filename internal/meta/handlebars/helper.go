package handlebars

import (
	"errors"
	"fmt"
	"slices"
)

// builtins lists the built-in helpers of Handlebars. The helper "log" prints
// nothing.
var builtins = []string{"if", "unless", "each", "with", "lookup", "log"}

func builtin(p path) bool { return p.simple() && slices.Contains(builtins, p.parts[0]) }

// inline calls a built-in helper that is not the name of a block.
func (r *run) inline(name string, args Call) (any, error) {
	switch name {
	case "lookup":
		if len(args.Params) != 2 {
			return nil, fmt.Errorf("the helper \"lookup\" needs a value and a field, but the call has %d arguments", len(args.Params))
		}
		return r.force(field(args.Params[0], str(args.Params[1])))
	case "log":
		return "", nil
	}
	return nil, fmt.Errorf("the helper %q needs a block, as in {{#%s …}}…{{/%s}}", name, name, name)
}

func (r *run) block(b *block, f *frame) error {
	if builtin(b.call.path) {
		return r.builtinBlock(b, f)
	}
	if !b.call.bare() {
		v, err := r.invoke(b.call, f)
		if err == nil {
			r.out.WriteString(str(v))
		}
		return err
	}
	v, err := r.force(r.lookup(b.call.path, f))
	if err != nil {
		return err
	}
	return r.section(b, v, f)
}

// section evaluates a block whose name is not a helper but a value, as in
// {{#tag}}…{{/tag}}.
func (r *run) section(b *block, v any, f *frame) error {
	switch v := v.(type) {
	case nil, Undefined:
		return r.program(b.inverse, f)
	case bool:
		if v {
			return r.program(b.body, f)
		}
		return r.program(b.inverse, f)
	case []any:
		return r.each(b, v, f)
	}
	return r.program(b.body, &frame{this: v, data: f.data, outer: f})
}

func (r *run) builtinBlock(b *block, f *frame) error {
	args, err := r.arguments(b.call, f)
	if err != nil {
		return err
	}
	name := b.call.path.parts[0]
	if name == "lookup" || name == "log" {
		v, err := r.inline(name, args)
		r.out.WriteString(str(v))
		return err
	}
	if len(args.Params) != 1 {
		return fmt.Errorf("the block {{#%s}} needs one argument, but it has %d arguments", name, len(args.Params))
	}
	v, err := r.force(args.Params[0])
	if err != nil {
		return err
	}
	switch name {
	case "if", "unless":
		return r.condition(b, isFalse(v, args.Hash) == (name == "unless"), f)
	case "with":
		if empty(v) {
			return r.program(b.inverse, f)
		}
		return r.program(b.body, &frame{this: v, data: f.data, outer: f})
	}
	return r.each(b, v, f)
}

// isFalse reports whether the helper "if" treats v as false. isFalse returns true if v is
// empty, or if v is zero and the argument "includeZero" is not set.
func isFalse(v any, hash []Named) bool {
	for _, h := range hash {
		if h.Name == "includeZero" && truthy(h.Value) {
			return empty(v)
		}
	}
	return !truthy(v) || empty(v)
}

func (r *run) condition(b *block, yes bool, f *frame) error {
	if yes {
		return r.program(b.body, f)
	}
	return r.program(b.inverse, f)
}

// each evaluates the body for each element of a list. For an Object, each
// returns an error, because the fields of an Object have no order. Any other
// value is treated as an empty list.
func (r *run) each(b *block, v any, f *frame) error {
	if _, ok := v.(Object); ok {
		return errors.New("the block {{#each}} supports only lists")
	}
	list, _ := v.([]any)
	for i, item := range list {
		data := Object{"index": i, "key": i, "first": i == 0, "last": i == len(list)-1}
		if err := r.program(b.body, &frame{this: item, data: data, outer: f}); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return r.program(b.inverse, f)
	}
	return nil
}
