package expr

import (
	"fmt"
	"strings"
)

// maxDepth is the maximum depth of nested expressions. The limit prevents hostile input
// from exhausting the stack. GitHub has the same limit.
const maxDepth = 50

// node is a parsed expression. For the kind "call", the field "text" is the name of the
// function. For the kind "ref", the field "text" is the name of the context, and the
// field "args" contains the other path elements. The path element ".name" is a string,
// and the path element "[index]" is any expression.
type node struct {
	kind       nodeKind
	text       string
	args       []*node
	start, end int
}

type nodeKind int

const (
	litString nodeKind = iota
	litOther           // litOther is a number, true, false or null.
	ref
	call
	operator
)

type parser struct {
	tokens []token
	depth  int
}

func parse(text string, from, to int) (*node, error) {
	if to-from > maxExpression {
		return nil, fmt.Errorf("reading the expression: the expression is longer than %d bytes", maxExpression)
	}
	tokens, err := lex(text, from, to)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	n, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if rest := p.tokens[0]; rest.kind != end {
		return nil, fmt.Errorf("reading the expression: unexpected text %q at the end", rest.text)
	}
	return n, nil
}

// levels lists the binary operators from the lowest precedence to the highest
// precedence.
var levels = [][]string{{"||"}, {"&&"}, {"==", "!="}, {"<", "<=", ">", ">="}}

func (p *parser) binary(level int) (*node, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		o, ok := p.take(levels[level]...)
		if !ok {
			return left, nil
		}
		var right *node
		if right, err = p.binary(level + 1); err == nil {
			left = &node{operator, o.text, []*node{left, right}, left.start, right.end}
		}
	}
	return nil, err
}

func (p *parser) unary() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("reading the expression: the nesting is deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	if not, ok := p.take("!"); ok {
		n, err := p.unary()
		if err != nil {
			return nil, err
		}
		return &node{operator, "!", []*node{n}, not.start, n.end}, nil
	}
	return p.postfix()
}

func (p *parser) primary() (*node, error) {
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch {
	case t.kind == str:
		return &node{litString, t.text, nil, t.start, t.end}, nil
	case t.kind == number, t.kind == name && isConstant(t.text):
		return &node{litOther, t.text, nil, t.start, t.end}, nil
	case t.kind == name:
		if _, ok := p.take("("); ok {
			return p.arguments(t)
		}
		return &node{ref, strings.ToLower(t.text), nil, t.start, t.end}, nil
	case t.kind == op && t.text == "(":
		n, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		closing, err := p.expect(")")
		n.start, n.end = t.start, closing.end
		return n, err
	}
	return nil, fmt.Errorf("reading the expression: a value is missing at offset %d", t.start)
}

func (p *parser) arguments(fn token) (*node, error) {
	n := &node{kind: call, text: strings.ToLower(fn.text), start: fn.start}
	if closing, ok := p.take(")"); ok {
		n.end = closing.end
		return n, nil
	}
	for {
		arg, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if _, ok := p.take(","); ok {
			continue
		}
		closing, err := p.expect(")")
		n.end = closing.end
		return n, err
	}
}

func (p *parser) postfix() (*node, error) {
	n, err := p.primary()
	for err == nil {
		switch {
		case p.have("."):
			n, err = p.property(n)
		case p.have("["):
			n, err = p.index(n)
		default:
			return n, nil
		}
	}
	return nil, err
}

func (p *parser) property(base *node) (*node, error) {
	p.tokens = p.tokens[1:]
	t := p.tokens[0]
	if t.kind != name && t.text != "*" || t.kind == end {
		return nil, fmt.Errorf("reading the expression: a name is missing at offset %d", t.start)
	}
	p.tokens = p.tokens[1:]
	return base.extend(&node{litString, t.text, nil, t.start, t.end}, t.end), nil
}

func (p *parser) index(base *node) (*node, error) {
	p.tokens = p.tokens[1:]
	key, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	closing, err := p.expect("]")
	return base.extend(key, closing.end), err
}

// extend appends one element to the path of a reference. If the node is not a reference
// but, for example, a function call, the method "extend" returns a reference without a
// name. No Lookup resolves a reference without a name.
func (n *node) extend(key *node, end int) *node {
	if n.kind != ref {
		return &node{kind: ref, args: []*node{n, key}, start: n.start, end: end}
	}
	n.args, n.end = append(n.args, key), end
	return n
}

func (p *parser) have(text string) bool {
	return p.tokens[0].kind == op && p.tokens[0].text == text
}

func (p *parser) take(texts ...string) (token, bool) {
	t := p.tokens[0]
	for _, text := range texts {
		if t.kind == op && t.text == text {
			p.tokens = p.tokens[1:]
			return t, true
		}
	}
	return t, false
}

func (p *parser) expect(text string) (token, error) {
	t, ok := p.take(text)
	if !ok {
		return t, fmt.Errorf("reading the expression: %q is missing at offset %d", text, t.start)
	}
	return t, nil
}

func isConstant(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "null", "nan", "infinity":
		return true
	}
	return false
}
