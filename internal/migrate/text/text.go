// Package text edits YAML in place. The package locates the bytes of a
// yaml.Node in the file, and replaces only these bytes. All other bytes stay
// the same, including comments, quotes, indentation, line endings and a byte
// order mark.
//
// The package never serializes YAML. The package implements the five scalar
// styles of YAML (YAML 1.2, chapters 7 and 8.1), but no rules about workflows.
package text

import (
	"sort"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// File is a source text with an index of its lines.
type File struct {
	src    []byte
	starts []int // starts contains the offset of the first byte of each line.
}

// New returns a File for src. The File keeps a reference to src and never
// changes it.
func New(src []byte) *File {
	f := &File{src: src, starts: []int{0}}
	if len(src) >= 3 && string(src[:3]) == "\ufeff" {
		f.starts[0] = 3 // The package yaml.v3 does not count the byte order mark as a column.
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

// Bytes returns the source text.
func (f *File) Bytes() []byte { return f.src }

// breakAt returns the length of the line break at the offset i. breakAt returns
// 0 if the text has no line break at this offset. breakAt recognizes the same
// line breaks as yaml.v3: CR LF, CR, LF, NEL, LS and PS.
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

// Offset returns the byte offset of a line and a column. As in yaml.v3, the
// first line and the first column have the number 1, and columns count
// characters. For a position after the end of the text, Offset returns the
// length of the text.
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

// Position returns the line and the column of an offset. Position is the
// inverse of Offset.
func (f *File) Position(offset int) (line, column int) {
	line = sort.Search(len(f.starts), func(i int) bool { return f.starts[i] > offset })
	if line == 0 {
		return 1, 1
	}
	start := f.starts[line-1]
	return line, utf8.RuneCount(f.src[start:min(offset, len(f.src))]) + 1
}

// Start returns the offset of the first byte of a node. An anchor or a tag
// before the value belongs to the node.
func (f *File) Start(n *yaml.Node) int { return f.Offset(n.Line, n.Column) }

// LineStart returns the offset of the first byte of the line that contains the
// given offset.
func (f *File) LineStart(offset int) int {
	line, _ := f.Position(offset)
	return f.starts[line-1]
}

// LineEnd returns the offset of the first line break at or after the given
// offset. If no line break follows, LineEnd returns the length of the text.
func (f *File) LineEnd(offset int) int {
	for offset < len(f.src) && breakAt(f.src, offset) == 0 {
		offset++
	}
	return offset
}

// EOL returns the line break for text that an edit inserts at an offset. EOL
// uses the line break at the end of the line that contains the offset. If this
// line does not end with CR or LF, EOL uses the first line break of the text.
func (f *File) EOL(offset int) string {
	for _, end := range append([]int{f.LineEnd(offset)}, f.ends()...) {
		if end < len(f.src) && (f.src[end] == '\n' || f.src[end] == '\r') {
			return string(f.src[end : end+breakAt(f.src, end)])
		}
	}
	return "\n"
}

// ends returns the offsets of the first 20 line ends. Almost every file has CR
// or LF at one of these offsets.
func (f *File) ends() []int {
	var out []int
	for _, start := range f.starts[:min(len(f.starts), 20)] {
		out = append(out, f.LineEnd(start))
	}
	return out
}
