package handlebars

// Use is a name that a template looks up in its context, with the arguments of the
// call.
type Use struct {
	// Source is the path as it was written, such as sha or version.major.
	Source string
	// Name is the first part of the path.
	Name string
	// Fields is true if the path has more than one part.
	Fields bool
	// Helper is the name of the helper that has this name as an argument, or "".
	Helper string
	// Params are the positional arguments. An argument that is not a literal is
	// Undefined.
	Params []any
	// Hash are the named arguments, in order.
	Hash []Named
}

// Uses lists the names that the template looks up, in their order. It omits built-in
// helpers, and names in blocks that have another context, such as {{#with x}}.
func (t *Template) Uses() []Use { return usesOf(t.body) }

func usesOf(body []node) []Use {
	var out []Use
	for _, n := range body {
		switch n := n.(type) {
		case *mustache:
			out = append(out, n.call.uses("")...)
		case *block:
			out = append(out, n.call.uses("")...)
			if n.call.path.is("if") || n.call.path.is("unless") {
				out = append(out, usesOf(n.body)...)
				out = append(out, usesOf(n.inverse)...)
			}
		}
	}
	return out
}

// uses lists the names of the call. The argument helper is the name of the helper
// whose argument the call is.
func (c call) uses(helper string) []Use {
	var out []Use
	if !builtin(c.path) && c.path.inContext() {
		use := c.path.use(helper)
		for _, p := range c.params {
			use.Params = append(use.Params, literalOf(p))
		}
		for _, h := range c.hash {
			use.Hash = append(use.Hash, Named{h.name, literalOf(h.value)})
		}
		out = append(out, use)
	}
	name := c.path.source
	for _, p := range c.params {
		out = append(out, exprUses(p, name)...)
	}
	for _, h := range c.hash {
		out = append(out, exprUses(h.value, name)...)
	}
	return out
}

func exprUses(e expr, helper string) []Use {
	switch e := e.(type) {
	case call:
		return e.uses(helper)
	case path:
		if e.inContext() {
			return []Use{e.use(helper)}
		}
	}
	return nil
}

func literalOf(e expr) any {
	if l, ok := e.(literal); ok {
		return l.value
	}
	return Undefined{}
}

// inContext reports whether the path is a name in the context of the template.
func (p path) inContext() bool { return len(p.parts) > 0 && !p.data && p.up == 0 }

func (p path) use(helper string) Use {
	return Use{Source: p.source, Name: p.parts[0], Fields: len(p.parts) > 1, Helper: helper}
}
