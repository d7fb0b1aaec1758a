package handlebars

// Use describes one place in a template that uses a name of the context.
type Use struct {
	// Source is the path in the template, such as sha or version.major.
	Source string
	// Name is the first part of the path.
	Name string
	// Fields is true if the path has more than one part.
	Fields bool
	// Helper is the name of the helper that gets Name as an argument. If no helper gets
	// Name as an argument, Helper is "".
	Helper string
	// Params are the positional arguments. For an argument that is not a
	// literal, the value is Undefined.
	Params []any
	// Hash contains the named arguments in the order of the call.
	Hash []Named
}

// Uses lists the names of the context that the template uses, in the order of
// the template. Uses omits built-in helpers, and names in blocks with another
// context, such as {{#with x}}.
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

// uses lists the names that a call contains. If the call is an argument of a helper, the
// caller passes the name of the helper.
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
