package handlebars

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// call parses a path and its arguments. The method "call" stops at text that cannot be an
// argument.
func (p *parser) call(c *call, depth int) error {
	if depth > maxDepth {
		return p.errorf("the nesting of parentheses is deeper than %d", maxDepth)
	}
	p.blanks()
	first, err := p.operand()
	if err != nil {
		return err
	}
	c.path = asPath(first)
	for {
		p.blanks()
		if p.ends() {
			return nil
		}
		if name, ok := p.hashName(); ok {
			value, err := p.argument(depth)
			if err != nil {
				return err
			}
			c.hash = append(c.hash, hashExpr{name, value})
			continue
		}
		if len(c.hash) > 0 {
			return p.errorf("a positional argument follows a named argument")
		}
		value, err := p.argument(depth)
		if err != nil {
			return err
		}
		c.params = append(c.params, value)
	}
}

// ends reports whether the arguments end at the current position.
func (p *parser) ends() bool {
	return p.pos >= len(p.in) || strings.IndexByte("}~)", p.in[p.pos]) >= 0
}

// argument parses an operand or a call in parentheses.
func (p *parser) argument(depth int) (expr, error) {
	p.blanks()
	if !p.accept("(") {
		return p.operand()
	}
	var c call
	if err := p.call(&c, depth+1); err != nil {
		return nil, err
	}
	if !p.accept(")") {
		return nil, p.unexpected()
	}
	return c, nil
}

// hashName parses a name and the "=" after it. If the text has another form,
// hashName does not change the position.
func (p *parser) hashName() (string, bool) {
	id := p.word()
	if id == "" {
		return "", false
	}
	after := strings.TrimLeftFunc(p.rest()[len(id):], isSpace)
	if !strings.HasPrefix(after, "=") {
		return "", false
	}
	p.pos = len(p.in) - len(after) + 1
	if s, ok := strings.CutPrefix(id, "["); ok {
		id = strings.TrimSuffix(s, "]")
	}
	return id, true
}

// operand parses a literal or a path.
func (p *parser) operand() (expr, error) {
	if p.pos >= len(p.in) {
		return nil, p.unexpected()
	}
	switch c := p.in[p.pos]; c {
	case '"', '\'':
		return p.quoted(c)
	case '@':
		p.pos++
		return p.path(true)
	}
	if value, n, ok := keyword(p.rest()); ok {
		p.pos += n
		return literal{value: value}, nil
	}
	return p.path(false)
}

// quoted parses a string in quotes. In the string, a backslash can escape only
// the quote. If no other quote follows, the last escaped quote ends the string.
// The regular expression of Handlebars for strings has the same effect.
func (p *parser) quoted(q byte) (expr, error) {
	s := p.rest()[1:]
	end := -1
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && s[i+1] == q {
			i++
			end = i
			continue
		}
		if s[i] == q {
			end = i
			break
		}
	}
	if end < 0 {
		return nil, p.unexpected()
	}
	p.pos += end + 2
	return literal{value: strings.ReplaceAll(s[:end], `\`+string(q), string(q))}, nil
}

// keyword parses one of the words true, false, null and undefined, or a number.
// After the word or number, a blank, a tilde, a closing brace or a closing
// parenthesis must follow.
func keyword(s string) (value any, n int, ok bool) {
	n = strings.IndexFunc(s, func(r rune) bool { return isSpace(r) || strings.ContainsRune("~})", r) })
	if n < 0 {
		return nil, 0, false
	}
	switch word := s[:n]; word {
	case "true", "false":
		return word == "true", n, true
	case "null":
		return nil, n, true
	case "undefined":
		return Undefined{}, n, true
	default:
		value, ok = number(word)
		return value, n, ok
	}
}

// number parses numbers such as -1 and 1.5. For an exponent, or for a point
// without digits on both sides, number returns false.
func number(s string) (float64, bool) {
	whole, part, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if !digits(whole) || point && !digits(part) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// path parses names with dots or slashes between them.
func (p *parser) path(data bool) (expr, error) {
	start := p.pos
	out := path{data: data}
	for {
		word := p.word()
		if word == "" {
			return nil, p.unexpected()
		}
		p.pos += len(word)
		if err := out.add(word, p); err != nil {
			return nil, err
		}
		if !p.accept(".") && !p.accept("/") {
			break
		}
	}
	out.source = p.in[start:p.pos]
	return out, nil
}

// add appends one part of the source text to the path.
func (p *path) add(word string, in *parser) error {
	switch {
	case word[0] == '[':
		p.parts = append(p.parts, strings.ReplaceAll(word[1:len(word)-1], `\]`, "]"))
	case word == "this" || word == "." || word == "..":
		if len(p.parts) > 0 {
			return in.errorf("%q is only allowed at the start of a path", word)
		}
		p.scoped = true
		if word == ".." {
			p.up++
		}
	default:
		p.parts = append(p.parts, word)
	}
	return nil
}

// word returns the next part of a path, or "".
func (p *parser) word() string {
	s := p.rest()
	switch {
	case strings.HasPrefix(s, ".."):
		return ".."
	case strings.HasPrefix(s, "."):
		return "."
	case strings.HasPrefix(s, "["):
		for i := 1; i < len(s); i++ {
			if s[i] == '\\' && i+1 < len(s) && s[i+1] == ']' {
				i++
			} else if s[i] == ']' {
				return s[:i+1]
			}
		}
		return ""
	}
	n := strings.IndexFunc(s, notName)
	if n <= 0 || !nameEnd(s[n:]) {
		return ""
	}
	return s[:n]
}

// notName reports whether a name can contain the character only in brackets.
func notName(r rune) bool {
	return isSpace(r) || strings.ContainsRune("!\"#%&'()*+,./;<=>@[\\]^`{|}~", r)
}

// nameEnd reports whether the text s can follow a name.
func nameEnd(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isSpace(r) || strings.ContainsRune("=~}/.)|]", r)
}

// asPath converts an operand to a path, because a literal can stand for a name,
// as in {{"a b"}}.
func asPath(e expr) path {
	if l, ok := e.(literal); ok {
		s := str(l.value)
		switch l.value.(type) {
		case nil:
			s = "null"
		case Undefined:
			s = "undefined"
		}
		return path{parts: []string{s}, source: s}
	}
	return e.(path)
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
