package handlebars

import "strings"

type tagKind int

const (
	tagEscaped   tagKind = iota // {{x}}
	tagAmpersand                // {{&x}}
	tagTriple                   // {{{x}}}
	tagComment                  // {{! x}}
	tagOpen                     // {{#x}}
	tagInverse                  // {{^x}}
	tagClose                    // {{/x}}
	tagElse                     // {{else}} and {{^}}
	tagElseChain                // {{else x}}
)

// tag is a template tag, which is the text between two pairs of braces.
type tag struct {
	kind tagKind
	call call
	trim trim
}

// name returns the source text of the tag for messages.
func (t *tag) name() string {
	sigil := map[tagKind]string{tagOpen: "#", tagInverse: "^", tagClose: "/", tagElse: "else", tagElseChain: "else "}
	return sigil[t.kind] + t.call.path.original()
}

// tag parses one template tag. The position is at the opening braces.
func (p *parser) tag() (*tag, error) {
	if strings.HasPrefix(p.rest(), "{{{{") {
		return nil, p.errorf("raw blocks ({{{{…}}}}) are not supported")
	}
	p.pos += len("{{")
	t := &tag{}
	t.trim.left = p.accept("~")
	if strings.HasPrefix(p.rest(), "!") {
		return t, p.comment(t)
	}
	if err := p.sigil(t); err != nil {
		return nil, err
	}
	if t.kind != tagElse {
		if err := p.call(&t.call, 0); err != nil {
			return nil, err
		}
	}
	return t, p.close(t)
}

// sigil parses the characters that determine the kind of a tag.
func (p *parser) sigil(t *tag) error {
	switch {
	case p.accept(">"), p.accept("#>"):
		return p.errorf("partials ({{> …}}) are not supported")
	case p.accept("*"), p.accept("#*"):
		return p.errorf("decorators ({{* …}}) are not supported")
	case p.accept("#"):
		t.kind = tagOpen
	case p.accept("/"):
		t.kind = tagClose
	case p.accept("&"):
		t.kind = tagAmpersand
	case p.accept("{"):
		t.kind = tagTriple
	case p.accept("^"):
		t.kind = tagInverse
		if p.closesNow() {
			t.kind = tagElse
		}
	default:
		p.elseSigil(t)
	}
	return nil
}

// elseSigil parses the keyword "else". After the keyword, the end of the tag, a
// blank or punctuation must follow.
func (p *parser) elseSigil(t *tag) {
	after := strings.TrimLeftFunc(p.rest(), isSpace)
	tail, ok := strings.CutPrefix(after, "else")
	if !ok || tail != "" && wordByte(tail[0]) {
		return
	}
	p.pos = len(p.in) - len(tail)
	t.kind = tagElseChain
	if p.closesNow() {
		t.kind = tagElse
	}
}

// closesNow reports whether only blanks remain in the tag.
func (p *parser) closesNow() bool {
	s := strings.TrimLeftFunc(p.rest(), isSpace)
	return strings.HasPrefix(strings.TrimPrefix(s, "~"), "}}")
}

// close parses the closing braces. A tag with three opening braces needs three
// closing braces. After two opening braces, a third closing brace is an error.
func (p *parser) close(t *tag) error {
	p.blanks()
	three := p.accept("}~}}") || p.accept("}}}")
	switch {
	case three != (t.kind == tagTriple) || three && strings.HasPrefix(p.rest(), "}"):
		return p.errorf("the numbers of opening and closing braces differ")
	case three:
		t.trim.right = p.in[p.pos-3] == '~'
		return nil
	}
	t.trim.right = p.accept("~")
	if !p.accept("}}") {
		return p.unexpected()
	}
	return nil
}

// unexpected returns an error that quotes the text at the current position.
func (p *parser) unexpected() error {
	if p.pos >= len(p.in) {
		return p.errorf("the expression has no closing braces }}")
	}
	hint := ""
	switch p.in[p.pos] {
	case '\'', '"':
		hint = " (a closing quote is missing, or a comma ends the entry; write the whole entry in double quotes)"
	}
	return p.errorf("the expression contains an unexpected %q%s", firstRune(p.rest()), hint)
}

// comment parses a comment, such as {{!x}} or {{!--x--}}. Only a comment with the two
// dashes can contain braces.
func (p *parser) comment(t *tag) error {
	t.kind = tagComment
	end := "}}"
	if strings.HasPrefix(p.rest(), "!--") {
		end = "--}}"
		if i, j := strings.Index(p.rest(), "--~}}"), strings.Index(p.rest(), end); i >= 0 && (j < 0 || i < j) {
			end = "--~}}"
		}
	}
	i := strings.Index(p.rest(), end)
	if i < 0 {
		return p.errorf("the comment has no closing %s", end)
	}
	t.trim.right = strings.HasSuffix(p.rest()[:i+len(end)], "~}}")
	p.pos += i + len(end)
	return nil
}

// accept skips s and returns true if the remaining text starts with s.
func (p *parser) accept(s string) bool {
	if !strings.HasPrefix(p.rest(), s) {
		return false
	}
	p.pos += len(s)
	return true
}

func (p *parser) blanks() {
	p.pos = len(p.in) - len(strings.TrimLeftFunc(p.rest(), isSpace))
}
