package shell

import (
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
)

// maxNesting is the maximum depth of nested substitutions that the scanner
// follows.
const maxNesting = 20

// maxSearch is the maximum number of bytes that the scanner searches for the
// end of an expression or a substitution.
const maxSearch = 4096

// word scans one word. The method "word" always advances by at least one byte, so that
// the scan terminates.
func (s *scanner) word() Word {
	start := s.at
	var text strings.Builder
	var quote byte
	for s.at < len(s.src) {
		c := s.src[s.at]
		switch {
		case s.expression(&text):
		case quote != '\'' && (c == '$' || c == '<' && quote == 0 && s.at == start) && s.substitution(&text):
		case quote == 0 && s.endsWord(c):
			return s.finish(start, text.String())
		case quote == 0 && s.opensQuote(c):
			quote = c
			s.at++
		case quote != 0 && c == quote:
			quote = 0
			s.at++
		case quote != '\'' && s.escape(&text):
		default:
			text.WriteByte(c)
			s.at++
		}
	}
	return s.finish(start, text.String())
}

func (s *scanner) finish(start int, text string) Word {
	if s.at == start {
		s.at++
	}
	w := s.raw(start, s.at)
	w.Text = text
	return w
}

// raw returns a range of the script as a word. The text of the word includes
// the quotes.
func (s *scanner) raw(start, end int) Word {
	return Word{Text: s.src[start:end], Start: start, End: end, Refs: refs(s.src, start, end, s.d)}
}

func (s *scanner) endsWord(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '|', '&', '<', '>', '(', ')':
		return true
	case ';':
		return s.d != Cmd
	}
	return s.continues()
}

func (s *scanner) opensQuote(c byte) bool { return c == '"' || c == '\'' && s.d != Cmd }

// expression scans an expression "${{ }}". Quotes do not matter, because the
// runner replaces expressions before a shell reads the script.
func (s *scanner) expression(text *strings.Builder) bool {
	if !s.has("${{") {
		return false
	}
	end := expressionEnd(s.src, s.at)
	if end < 0 {
		return false
	}
	text.WriteString(s.src[s.at:end])
	s.at = end
	return true
}

// expressionEnd returns the offset after the "}}" of the expression that starts
// at the given offset. expressionEnd returns -1 if the expression has no end.
// expressionEnd searches only maxSearch bytes, so that the scan of a script
// with many "${{" needs only linear time.
func expressionEnd(src string, at int) int {
	if parts := expr.Split(src[at:min(len(src), at+maxSearch)]); len(parts) > 0 && parts[0].Expr {
		return at + parts[0].End
	}
	return -1
}

// substitution scans a substitution of the form $(...), <(...) or ${...}.
func (s *scanner) substitution(text *strings.Builder) bool {
	if s.at+1 >= len(s.src) {
		return false
	}
	open, shut := s.src[s.at+1], byte(')')
	switch {
	case open == '{' && s.src[s.at] == '$':
		shut = '}'
	case open != '(' || s.d == Cmd:
		return false
	}
	depth := 0
	for i := s.at + 1; i < min(len(s.src), s.at+maxSearch) && depth <= maxNesting; i++ {
		switch s.src[i] {
		case open:
			depth++
		case shut:
			depth--
		}
		if depth == 0 {
			text.WriteString(s.src[s.at : i+1])
			s.at = i + 1
			return true
		}
	}
	return false
}

// escape scans a backslash, backtick or caret and the escaped character.
func (s *scanner) escape(text *strings.Builder) bool {
	mark := [...]byte{POSIX: '\\', PowerShell: '`', Cmd: '^'}[s.d]
	if s.src[s.at] != mark || s.at+1 >= len(s.src) {
		return false
	}
	if s.continues() {
		s.at += strings.IndexByte(s.src[s.at:], '\n') + 1
		return true
	}
	text.WriteByte(s.src[s.at+1])
	s.at += 2
	return true
}

// refs returns the expressions and variables in a range of the script. In a
// text in single quotes, refs finds only expressions, because the shell does
// not replace variables there.
func refs(src string, start, end int, d Dialect) []Ref {
	var out []Ref
	single := false
	double := false
	for at := start; at < end; {
		if strings.HasPrefix(src[at:end], "${{") {
			if stop := expressionEnd(src[:end], at); stop > 0 {
				out = append(out, Ref{"", at, stop})
				at = stop
				continue
			}
		}
		switch {
		case src[at] == '"':
			double = double != !single
		case src[at] == '\'' && d != Cmd && !double:
			single = !single
		case src[at] == '\\' && d == POSIX && !single:
			at++
		case !single:
			if r, ok := variable(src[:end], at, d); ok {
				out = append(out, r)
				at = r.End
				continue
			}
		}
		at++
	}
	return out
}

// variable parses a variable of the form $NAME, ${NAME}, ${NAME:-x}, $env:NAME,
// ${env:NAME} or %NAME%.
func variable(src string, at int, d Dialect) (Ref, bool) {
	if d == Cmd {
		return cmdVariable(src, at)
	}
	if src[at] != '$' {
		return Ref{}, false
	}
	i := at + 1
	braced := i < len(src) && src[i] == '{'
	if braced {
		i++
	}
	if d == PowerShell && len(src) >= i+4 && strings.EqualFold(src[i:i+4], "env:") {
		i += 4
	}
	start := i
	for i < len(src) && isNameByte(src[i]) {
		i++
	}
	name := src[start:i]
	if name == "" {
		return Ref{}, false
	}
	if braced {
		shut := strings.IndexByte(src[i:min(len(src), i+maxSearch)], '}')
		if shut < 0 {
			return Ref{}, false
		}
		i += shut + 1
	}
	return Ref{name, at, i}, true
}

func cmdVariable(src string, at int) (Ref, bool) {
	mark := src[at]
	if mark != '%' && mark != '!' {
		return Ref{}, false
	}
	i := at + 1
	for i < len(src) && isNameByte(src[i]) {
		i++
	}
	if i == at+1 || i >= len(src) || src[i] != mark {
		return Ref{}, false
	}
	return Ref{src[at+1 : i], at, i + 1}, true
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
