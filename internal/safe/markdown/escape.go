package markdown

import (
	"fmt"
	"strings"
	"unicode"
)

// escape returns Markdown that GitHub shows as the given value on one line.
// The Markdown can be anywhere in a paragraph, a heading, a quote, a list or
// a table.
func escape(value string) string {
	var b strings.Builder
	shown := visible(value)
	for i, r := range shown {
		switch {
		case strings.ContainsRune(inline, r), strings.ContainsRune(block, r) && i == 0, marksList(shown, i, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ' ' && i == 0 && strings.HasPrefix(shown, "    "):
			b.WriteString("&#32;") // Four spaces at the beginning of a line would start a code block.
		default:
			b.WriteString(entities.Replace(string(r)))
		}
	}
	return b.String()
}

// entities escapes the characters with which HTML begins and ends. Quotation marks stay,
// because GitHub would make their entity a part of the address before it (gfm, "Autolinks").
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

const (
	// The constant inline contains the characters that have a meaning
	// anywhere in a line (gfm, "Inlines" and "Tables"). The dollar sign is in
	// the list, because GitHub shows the text between two dollar signs as a
	// formula.
	inline = "\\`*_[]|!~$"
	// The constant block contains the characters that can start a block (gfm,
	// "Leaf blocks" and "Container blocks"). The character > is not in the
	// list, because the variable entities already replaces it.
	block = "#+-="
)

// marksList reports whether the character at the offset i would make the line
// an item of a numbered list. An item starts with digits, a dot or a
// parenthesis, and a space.
func marksList(line string, i int, r rune) bool {
	ends := i+1 == len(line) || line[min(i+1, len(line)-1)] == ' '
	return i > 0 && ends && (r == '.' || r == ')') && strings.Trim(line[:i], "0123456789") == ""
}

// visible replaces each invisible character, and each character that changes
// the direction of the text, by its Unicode number. Without the number, two
// different names could look the same. visible returns one line of valid
// UTF-8.
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

// hidden contains the invisible characters for which unicode.IsPrint returns true,
// because Unicode classifies these characters as letters or marks. For other invisible
// characters, such as control characters, U+202E and U+200B, unicode.IsPrint returns
// false.
var hidden = []*unicode.RangeTable{unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point}
