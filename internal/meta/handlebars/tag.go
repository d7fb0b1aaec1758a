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

// tag is everything between two pairs of braces.
type tag struct {
	kind tagKind
	call call
	trim trim
}

// name is how the tag is written, for messages.
func (t *tag) name() string {
	sigil := map[tagKind]string{tagOpen: "#", tagInverse: "^", tagClose: "/", tagElse: "else", tagElseChain: "else "}
	return sigil[t.kind] + t.call.path.original()
}

// tag reads one, beginning at its braces.
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

// sigil reads what tells the kinds of tags apart.
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

// elseSigil reads else, which is a word of its own only before a tag's end, a
// blank or punctuation.
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

// closesNow reports whether nothing but blanks is left of the tag.
func (p *parser) closesNow() bool {
	s := strings.TrimLeftFunc(p.rest(), isSpace)
	return strings.HasPrefix(strings.TrimPrefix(s, "~"), "}}")
}

// close reads the closing braces. A tag opened by three is closed by three,
// and two are not followed by a third.
func (p *parser) close(t *tag) error {
	p.blanks()
	three := p.accept("}~}}") || p.accept("}}}")
	switch {
	case three != (t.kind == tagTriple) || three && strings.HasPrefix(p.rest(), "}"):
		return p.errorf("as many closing braces as opening ones expected")
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

// unexpected names what stands where a tag could go on or end.
func (p *parser) unexpected() error {
	if p.pos >= len(p.in) {
		return p.errorf("an expression is never closed by }}")
	}
	hint := ""
	switch p.in[p.pos] {
	case '\'', '"':
		hint = " (a quoted text is not closed, or a comma cut it off: write the whole entry in double quotes)"
	}
	return p.errorf("unexpected %q in an expression%s", firstRune(p.rest()), hint)
}

// comment reads {{! … }} or {{!-- … --}}; only the latter may hold braces.
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
		return p.errorf("a comment is never closed by %s", end)
	}
	t.trim.right = strings.HasSuffix(p.rest()[:i+len(end)], "~}}")
	p.pos += i + len(end)
	return nil
}

// accept consumes s if it comes next.
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
