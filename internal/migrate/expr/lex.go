package expr

import (
	"fmt"
	"strings"
)

// token is one lexical element of an expression. The fields "start" and "end" are
// offsets in the surrounding text.
type token struct {
	kind       kind
	text       string // The text of a string contains no quotes and no escapes.
	start, end int
}

type kind int

const (
	end kind = iota
	name
	str
	number
	op
)

// operators lists the operators of expressions, with the longest operator first
// (GitHub docs, "Evaluate expressions in workflows and actions", Operators).
var operators = []string{"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*"}

// lex splits the range [from, to) of a text into tokens.
func lex(text string, from, to int) ([]token, error) {
	var out []token
	for at := from; at < to; {
		c := text[at]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			at++
			continue
		case c == '\'':
			t, err := lexString(text, at, to)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		case isDigit(c) || (c == '-' || c == '+') && at+1 < to && isDigit(text[at+1]):
			out = append(out, lexWhile(text, at, to, number, isNumberByte))
		case isNameStart(c):
			out = append(out, lexWhile(text, at, to, name, isNameByte))
		default:
			t, err := lexOperator(text, at, to)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
		at = out[len(out)-1].end
	}
	return append(out, token{kind: end, start: to, end: to}), nil
}

func lexString(text string, at, to int) (token, error) {
	var b strings.Builder
	for i := at + 1; i < to; i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < to && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return token{str, b.String(), at, i + 1}, nil
	}
	return token{}, fmt.Errorf("reading the string at offset %d: the closing quote is missing", at)
}

func lexWhile(text string, at, to int, k kind, in func(byte) bool) token {
	i := at + 1
	for i < to && in(text[i]) {
		i++
	}
	return token{k, text[at:i], at, i}
}

func lexOperator(text string, at, to int) (token, error) {
	for _, o := range operators {
		if strings.HasPrefix(text[at:to], o) {
			return token{op, o, at, at + len(o)}, nil
		}
	}
	return token{}, fmt.Errorf("reading the expression: unexpected character %q", text[at:at+1])
}

func isDigit(c byte) bool     { return '0' <= c && c <= '9' }
func isNameStart(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
func isNameByte(c byte) bool  { return isNameStart(c) || isDigit(c) || c == '-' }
func isNumberByte(c byte) bool {
	return isDigit(c) || c == '.' || c == 'x' || 'a' <= c|0x20 && c|0x20 <= 'f' || c == '+' || c == '-'
}
