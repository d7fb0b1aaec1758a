package text

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Scalar is the value of a YAML scalar and the position of each byte of the
// value in the file. In all five scalar styles, folding and indentation only
// add or remove blanks. For this reason, the non-blank bytes of the value have
// the same order as the non-blank bytes in the file.
type Scalar struct {
	// Value is the decoded string.
	Value string
	// Start and End are the offsets of the content, without the quotes.
	Start, End int

	from, to []int // For each byte of Value, the slices "from" and "to" contain the offsets in the file. For a blank, the slice "from" contains -1.
}

// Scalar locates a YAML scalar in the file. Scalar returns an error if the node
// is not a scalar, or if it cannot locate the bytes of the value, for example
// because of an escape such as \u0041.
func (f *File) Scalar(n *yaml.Node) (*Scalar, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("finding the source of a node in line %d: the node is not a scalar", n.Line)
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
			return nil, fmt.Errorf("finding the source of the value in line %d: the text differs from the source", n.Line)
		}
		s.from[i], s.to[i] = start, end
		at, s.End = end, end
	}
	return s, nil
}

// Span returns the offsets in the file for the range [from, to) of Value. The result
// excludes blanks at both ends. The result "ok" is false if the range contains only
// blanks.
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

// next returns the range of the first non-blank byte at or after the given
// offset. The range includes the escape of this byte.
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

// The function "decodes" reports whether a range of the file represents the byte c of a
// value.
func decodes(src []byte, c byte) bool {
	switch string(src) {
	case `\"`, `\\`, `\/`:
		return src[1] == c
	case `''`:
		return c == '\''
	}
	return len(src) == 1 && src[0] == c
}

// skipProperties returns the offset after an anchor and a tag, and after the
// blanks and comments that follow them.
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

// isBlankEscape reports whether a backslash and the byte c represent a blank in
// a double-quoted scalar.
func isBlankEscape(c byte) bool { return c == 'n' || c == 't' || c == 'r' }
