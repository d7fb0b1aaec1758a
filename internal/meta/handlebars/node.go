package handlebars

// node is a part of a template. A node has the type *text, *mustache, *comment or *block.
type node interface{}

type text struct {
	value string
	// original is the text before the parser removed white space.
	original string
	// The following fields ensure that the parser removes a blank line only once
	// from each end of a text.
	strippedHead, strippedTail bool
}

// mustache is an expression whose value the template prints.
type mustache struct {
	call   call
	escape bool
	trim   trim
}

// comment is a comment. A comment prints nothing.
type comment struct{ trim trim }

// block is a block such as {{#x}}…{{else}}…{{/x}}. For {{^x}}, the fields body
// and inverse are swapped.
type block struct {
	call          call
	body, inverse []node
	// chained is true if the field "inverse" consists of one {{else x}}. The branch
	// {{else x}} has no closing tag.
	chained           bool
	open, mid, closed trim
	hasInverse        bool
	inverted          bool // inverted is true if the source is {{^x}}.
}

// trim states which ends of a template tag have a tilde, as in {{~x~}}.
type trim struct{ left, right bool }

// call is the call of a helper. A call consists of a path and arguments.
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

// path is a name that consists of one or more parts.
type path struct {
	parts  []string
	source string // source is the source text.
	up     int    // The field "up" is the number of "../" at the start.
	scoped bool   // scoped is true if the path starts with "this", "." or "..".
	data   bool   // The field "data" is true if the path starts with "@".
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
