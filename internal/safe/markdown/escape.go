package markdown

import (
	"fmt"
	"html"
	"strings"
	"unicode"
)

// escape returns a value that Markdown shows unchanged, as a part of one line. It can be
// anywhere in a paragraph, a heading, a quote, a list or a table.
func escape(value string) string {
	var b strings.Builder
	shown := visible(value)
	for i, r := range shown {
		switch {
		case strings.ContainsRune(inline, r), strings.ContainsRune(block, r) && i == 0, marksList(shown, i, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ' ' && i == 0 && strings.HasPrefix(shown, "    "):
			b.WriteString("&#32;") // four blanks at the beginning of a line are a block of code
		default:
			b.WriteString(html.EscapeString(string(r)))
		}
	}
	return b.String()
}

const (
	// inline are the characters that have a meaning anywhere in a line (gfm, "Inlines" and
	// "Tables"). GitHub also shows the text between two dollar signs as a formula.
	inline = "\\`*_[]|!~$"
	// block are the characters that start a block (gfm, "Leaf blocks" and "Container
	// blocks"). The entity of > is sufficient for a quote.
	block = "#+-="
)

// marksList reports whether the character at the offset i makes a list of a line that
// begins with digits. A list needs a blank after this character.
func marksList(line string, i int, r rune) bool {
	ends := i+1 == len(line) || line[min(i+1, len(line)-1)] == ' '
	return i > 0 && ends && (r == '.' || r == ')') && strings.Trim(line[:i], "0123456789") == ""
}

// visible replaces characters that a reader does not see, or that change the direction of
// the text, by their number. A reader could otherwise not see the difference between two
// names. visible returns one line of valid UTF-8.
func visible(value string) string {
	var b strings.Builder
	for _, r := range value {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case !unicode.IsPrint(r) || unicode.In(r, hidden...):
			fmt.Fprintf(&b, "U+%04X", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden has the characters without a width that are letters or marks in Unicode.
// unicode.IsPrint does not report the others: control characters, and characters that
// format the text, such as U+202E and U+200B.
var hidden = []*unicode.RangeTable{unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point}
