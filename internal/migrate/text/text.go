// Package text edits YAML in place. It finds the bytes a yaml.Node was read
// from, and applies a list of replacements to them; everything outside a
// replacement stays as it was: comments, quotes, indentation, line endings, a
// byte order mark.
//
// It never prints YAML. It knows YAML's five scalar styles (YAML 1.2, chapter
// 7 and 8.1) but nothing about workflows.
package text

import (
	"sort"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// File is a source text with an index of its lines.
type File struct {
	src    []byte
	starts []int // offset of each line's first byte
}

// New indexes src, which the File keeps and never changes.
func New(src []byte) *File {
	f := &File{src: src, starts: []int{0}}
	if len(src) >= 3 && string(src[:3]) == "\ufeff" {
		f.starts[0] = 3 // yaml.v3 counts columns after the byte order mark
	}
	for i := 0; i < len(src); {
		if width := breakAt(src, i); width > 0 {
			i += width
			f.starts = append(f.starts, i)
			continue
		}
		i++
	}
	return f
}

// Bytes returns the text as it was given.
func (f *File) Bytes() []byte { return f.src }

// breakAt returns the length of the line break at i, or 0. The list is
// yaml.v3's: CR LF, CR, LF, NEL, LS and PS all end a line.
func breakAt(src []byte, i int) int {
	switch {
	case src[i] == '\n':
		return 1
	case src[i] == '\r':
		if i+1 < len(src) && src[i+1] == '\n' {
			return 2
		}
		return 1
	case src[i] == 0xC2 && i+1 < len(src) && src[i+1] == 0x85:
		return 2
	case src[i] == 0xE2 && i+2 < len(src) && src[i+1] == 0x80 && (src[i+2] == 0xA8 || src[i+2] == 0xA9):
		return 3
	}
	return 0
}

// Offset turns a line and a column, both from 1 and the column in characters
// as yaml.v3 counts them, into a byte offset. Positions past the end give the
// end.
func (f *File) Offset(line, column int) int {
	if line < 1 || line > len(f.starts) {
		return len(f.src)
	}
	at := f.starts[line-1]
	for ; column > 1 && at < len(f.src); column-- {
		_, width := utf8.DecodeRune(f.src[at:])
		at += width
	}
	return at
}

// Position is the reverse of Offset.
func (f *File) Position(offset int) (line, column int) {
	line = sort.Search(len(f.starts), func(i int) bool { return f.starts[i] > offset })
	if line == 0 {
		return 1, 1
	}
	start := f.starts[line-1]
	return line, utf8.RuneCount(f.src[start:min(offset, len(f.src))]) + 1
}

// Start is the offset of a node's first byte: of its anchor or tag, if it has
// one.
func (f *File) Start(n *yaml.Node) int { return f.Offset(n.Line, n.Column) }

// LineStart is the offset of the first byte of the line that holds offset.
func (f *File) LineStart(offset int) int {
	line, _ := f.Position(offset)
	return f.starts[line-1]
}

// LineEnd is the offset of the line break that ends the line at offset, or the
// end of the text.
func (f *File) LineEnd(offset int) int {
	for offset < len(f.src) && breakAt(f.src, offset) == 0 {
		offset++
	}
	return offset
}

// EOL is the line break to use near offset: the one that ends its line, or the
// first of the text where that line has none or an exotic one.
func (f *File) EOL(offset int) string {
	for _, end := range append([]int{f.LineEnd(offset)}, f.ends()...) {
		if end < len(f.src) && (f.src[end] == '\n' || f.src[end] == '\r') {
			return string(f.src[end : end+breakAt(f.src, end)])
		}
	}
	return "\n"
}

// ends are the offsets of the first line breaks, enough to find an ordinary one.
func (f *File) ends() []int {
	var out []int
	for _, start := range f.starts[:min(len(f.starts), 20)] {
		out = append(out, f.LineEnd(start))
	}
	return out
}
