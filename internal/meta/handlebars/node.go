package handlebars

// node is a piece of a template: *text, *mustache or *block.
type node interface{}

type text struct {
	value string
	// original is the value before white space was stripped.
	original string
	// Each end of a text loses a blank line only once.
	strippedHead, strippedTail bool
}

// mustache prints an expression.
type mustache struct {
	call   call
	escape bool
	trim   trim
}

// comment prints nothing but counts for standalone lines.
type comment struct{ trim trim }

// block is {{#x}}…{{else}}…{{/x}}; for {{^x}} the bodies are swapped.
type block struct {
	call          call
	body, inverse []node
	// chained is set where inverse is one {{else x}} and has no close tag.
	chained           bool
	open, mid, closed trim
	hasInverse        bool
	inverted          bool // written {{^x}}
}

// trim holds the tildes at both ends of a tag.
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

// expr is a literal (literal), a path or a call in parentheses (call).
type expr interface{}

type literal struct{ value any }

// path is a name, possibly of several parts.
type path struct {
	parts  []string
	source string // as it was written
	up     int    // how many ../
	scoped bool   // began with this, . or ..
	data   bool   // began with @
}

// original is what a closing tag must repeat.
func (p path) original() string { return p.source }

// simple reports whether a helper may be meant.
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
