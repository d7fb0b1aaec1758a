package handlebars

// node is a part of a template: *text, *mustache, *comment or *block.
type node interface{}

type text struct {
	value string
	// original is the value before white space was removed.
	original string
	// These fields ensure that each end of a text loses a blank line only once.
	strippedHead, strippedTail bool
}

// mustache prints an expression.
type mustache struct {
	call   call
	escape bool
	trim   trim
}

// comment prints nothing, but can be alone on a line.
type comment struct{ trim trim }

// block is {{#x}}…{{else}}…{{/x}}. For {{^x}} the bodies are swapped.
type block struct {
	call          call
	body, inverse []node
	// chained is true if the block has exactly one {{else x}}, which is in the field
	// "inverse". Such a branch
	// has no closing tag.
	chained           bool
	open, mid, closed trim
	hasInverse        bool
	inverted          bool // the source is {{^x}}
}

// trim reports the tildes at both ends of a template tag, such as {{~x~}}.
type trim struct{ left, right bool }

// call is a path with arguments.
type call struct {
	path   path
	params []expr
	hash   []hashExpr
}

func (c call) bare() bool { return len(c.params) == 0 && len(c.hash) == 0 }

type hashExpr struct {
	name  string
	value expr
}

// expr is a literal, a path, or a call in parentheses.
type expr interface{}

type literal struct{ value any }

// path is a name of one or more parts.
type path struct {
	parts  []string
	source string // the source text
	up     int    // number of ../
	scoped bool   // starts with "this", "." or ".."
	data   bool   // starts with "@"
}

// original returns the text that a closing tag must repeat.
func (p path) original() string { return p.source }

// simple reports whether the path can name a helper.
func (p path) simple() bool { return len(p.parts) == 1 && !p.scoped && !p.data }

func (p path) is(name string) bool { return len(p.parts) == 1 && p.parts[0] == name }

func mentions(body []node, name string) bool {
	for _, n := range body {
		switch n := n.(type) {
		case *mustache:
			if n.call.mentions(name) {
				return true
			}
		case *block:
			if n.call.mentions(name) || mentions(n.body, name) || mentions(n.inverse, name) {
				return true
			}
		}
	}
	return false
}

func (c call) mentions(name string) bool {
	if c.path.names(name) {
		return true
	}
	for _, e := range c.params {
		if exprMentions(e, name) {
			return true
		}
	}
	for _, h := range c.hash {
		if exprMentions(h.value, name) {
			return true
		}
	}
	return false
}

func exprMentions(e expr, name string) bool {
	switch e := e.(type) {
	case path:
		return e.names(name)
	case call:
		return e.mentions(name)
	case literal:
		return e.value == name
	}
	return false
}

func (p path) names(name string) bool {
	for _, part := range p.parts {
		if part == name {
			return true
		}
	}
	return false
}
