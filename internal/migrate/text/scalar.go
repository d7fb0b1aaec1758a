package text

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Scalar is a string value together with the bytes it was written as. The map
// between the two rests on one observation that holds for all five styles:
// folding and indentation only ever add or drop blanks, so the n-th byte of
// the value that is no blank is the n-th byte of the source that is none.
type Scalar struct {
	// Value is the decoded string.
	Value string
	// Start and End are the offsets of the content, quotes not included.
	Start, End int

	from, to []int // per byte of Value; -1 for blanks
}

// Scalar finds the source of a scalar node. It fails where the text cannot be
// placed byte by byte: escapes such as \u0041, or a node of another kind.
func (f *File) Scalar(n *yaml.Node) (*Scalar, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("placing a node in line %d: not a scalar", n.Line)
	}
	s := &Scalar{Value: n.Value, from: make([]int, len(n.Value)), to: make([]int, len(n.Value))}
	at := f.skipProperties(f.Start(n))
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		at = f.LineEnd(at)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		at++
	}
	s.Start, s.End = at, at
	for i := range len(n.Value) {
		s.from[i] = -1
		if isBlank(n.Value[i]) {
			continue
		}
		start, end := f.next(at, n.Style)
		if start < 0 || !decodes(f.src[start:end], n.Value[i]) {
			return nil, fmt.Errorf("placing the value in line %d: its text differs from its source", n.Line)
		}
		s.from[i], s.to[i] = start, end
		at, s.End = end, end
	}
	return s, nil
}

// Span maps the half-open range [from, to) of Value to source offsets. Blanks
// at its ends are left out; ok is false if nothing else is in it.
func (s *Scalar) Span(from, to int) (start, end int, ok bool) {
	for from < to && s.from[from] < 0 {
		from++
	}
	for to > from && s.from[to-1] < 0 {
		to--
	}
	if from >= to {
		return 0, 0, false
	}
	return s.from[from], s.to[to-1], true
}

// next finds the next byte of content at or after at, with its escape.
func (f *File) next(at int, style yaml.Style) (start, end int) {
	for at < len(f.src) {
		c := f.src[at]
		switch {
		case isBlank(c):
			at++
		case c == '\\' && style&yaml.DoubleQuotedStyle != 0 && at+1 < len(f.src):
			if isBlank(f.src[at+1]) || isBlankEscape(f.src[at+1]) {
				at += 2
				continue
			}
			return at, at + 2
		case c == '\'' && style&yaml.SingleQuotedStyle != 0:
			return at, min(at+2, len(f.src))
		default:
			return at, at + 1
		}
	}
	return -1, -1
}

// decodes reports whether the source bytes stand for the byte c.
func decodes(src []byte, c byte) bool {
	switch string(src) {
	case `\"`, `\\`, `\/`:
		return src[1] == c
	case `''`:
		return c == '\''
	}
	return len(src) == 1 && src[0] == c
}

// skipProperties steps over an anchor and a tag, and what separates them from
// the content.
func (f *File) skipProperties(at int) int {
	for at < len(f.src) && (f.src[at] == '&' || f.src[at] == '!') {
		for at < len(f.src) && !isBlank(f.src[at]) {
			at++
		}
		for at < len(f.src) && (isBlank(f.src[at]) || f.src[at] == '#') {
			if f.src[at] == '#' {
				at = f.LineEnd(at)
				continue
			}
			at++
		}
	}
	return at
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isBlankEscape reports whether a backslash and c stand for a blank in a
// double-quoted scalar.
func isBlankEscape(c byte) bool { return c == 'n' || c == 't' || c == 'r' }
