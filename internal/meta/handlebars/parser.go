package handlebars

import (
	"fmt"
	"strings"
)

// parser parses text and tags. The methods in lexer.go parse expressions.
type parser struct {
	in  string
	pos int
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("parsing %q: at character %d: %s", p.in, p.pos+1, fmt.Sprintf(format, args...))
}

func (p *parser) rest() string { return p.in[p.pos:] }

// program parses nodes until a closing tag or an else tag, and returns the nodes
// and this tag. At the end of the template, the returned tag is nil.
func (p *parser) program(depth int) ([]node, *tag, error) {
	if depth > maxDepth {
		return nil, nil, p.errorf("the nesting of blocks is deeper than %d", maxDepth)
	}
	var body []node
	for {
		body = p.content(body)
		if p.pos >= len(p.in) {
			return body, nil, nil
		}
		t, err := p.tag()
		if err != nil {
			return nil, nil, err
		}
		switch t.kind {
		case tagClose, tagElse, tagElseChain:
			return body, t, nil
		}
		n, err := p.statement(t, depth)
		if err != nil {
			return nil, nil, err
		}
		body = append(body, n)
	}
}

func (p *parser) statement(t *tag, depth int) (node, error) {
	switch t.kind {
	case tagComment:
		return &comment{trim: t.trim}, nil
	case tagOpen, tagInverse:
		return p.block(t, depth)
	}
	return &mustache{call: t.call, escape: t.kind == tagEscaped, trim: t.trim}, nil
}

// block parses the content of a block and its closing tag.
func (p *parser) block(open *tag, depth int) (*block, error) {
	b := &block{call: open.call, open: open.trim}
	body, stop, err := p.program(depth + 1)
	if err != nil {
		return nil, err
	}
	b.body = body
	if stop != nil && stop.kind != tagClose {
		if stop, err = p.inverse(b, stop, depth); err != nil {
			return nil, err
		}
	}
	switch {
	case stop == nil:
		return nil, p.errorf("the block {{%s}} has no closing tag", open.name())
	case stop.kind != tagClose:
		return nil, p.errorf("the block {{%s}} has two else branches", open.name())
	case stop.call.path.original() != open.call.path.original():
		return nil, p.errorf("the block {{%s}} has the wrong closing tag {{/%s}}", open.name(), stop.call.path.original())
	}
	b.closed = stop.trim
	if b.chained {
		b.inverse[0].(*block).closed = stop.trim
	}
	if open.kind == tagInverse {
		b.body, b.inverse = b.inverse, b.body
		b.inverted, b.chained = true, false
	}
	return b, nil
}

// inverse parses an else branch, and returns the tag that ends the branch.
func (p *parser) inverse(b *block, at *tag, depth int) (*tag, error) {
	b.mid, b.hasInverse = at.trim, true
	body, stop, err := p.program(depth + 1)
	if err != nil {
		return nil, err
	}
	if at.kind == tagElse {
		b.inverse = body
		return stop, nil
	}
	inner := &block{call: at.call, open: at.trim, body: body}
	if stop != nil && stop.kind != tagClose {
		mid := stop.trim
		if stop, err = p.inverse(inner, stop, depth+1); err != nil {
			return nil, err
		}
		if inner.chained {
			inner.inverse[0].(*block).closed = mid
		}
	}
	b.inverse, b.chained = []node{inner}, true
	return stop, nil
}

// content parses the text before the next tag. A tag after one backslash is
// text. Two backslashes before a tag print one backslash and do not escape the
// tag.
func (p *parser) content(body []node) []node {
	for p.pos < len(p.in) {
		i := strings.Index(p.rest(), "{{")
		if i < 0 {
			body = appendText(body, p.rest())
			p.pos = len(p.in)
			return body
		}
		raw := p.rest()[:i]
		p.pos += i
		switch {
		case strings.HasSuffix(raw, `\\`):
			return appendText(body, raw[:i-1])
		case !strings.HasSuffix(raw, `\`):
			return appendText(body, raw)
		}
		body = appendText(body, raw[:i-1])
		body = appendText(body, p.emulated())
	}
	return body
}

// emulated returns an escaped tag together with the text after this tag.
func (p *parser) emulated() string {
	rest := p.rest()
	end := len(rest)
	for i := 2; i < len(rest); i++ {
		tail := rest[i:]
		if strings.HasPrefix(tail, "{{") || strings.HasPrefix(tail, `\{{`) || strings.HasPrefix(tail, `\\{{`) {
			end = i
			break
		}
	}
	p.pos += end
	return rest[:end]
}

func appendText(body []node, s string) []node {
	if s == "" {
		return body
	}
	return append(body, &text{value: s, original: s})
}
