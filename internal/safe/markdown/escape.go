package markdown

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// escape returns Markdown that GitHub shows as the given value on one line.
// The Markdown can be anywhere in a paragraph, a heading, a quote, a list or
// a table. The Markdown contains no link, also if the value is an address.
func escape(value string) string {
	var b strings.Builder
	shown := visible(value)
	for i, r := range shown {
		switch {
		case strings.ContainsRune(inline, r), strings.ContainsRune(block, r) && i == 0, marksList(shown, i, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case startsAddress(shown, i, r):
			b.WriteString(separated(r))
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

// separator is HTML without any content. GitHub makes a link of an address only if the
// address is one piece of text (gfm, "Autolinks (extension)"), and HTML divides the text.
// A backslash or an entity is not sufficient, because GitHub searches for the addresses
// after it has replaced backslashes and entities.
const separator = "<span></span>"

// startsAddress reports whether the character at the offset i belongs to the start of an
// address of which GitHub makes a link. These addresses start with a scheme, such as
// https://, or with www., or they are e-mail addresses. Other references, such as the
// name of a user, a number of an issue and a commit, are links only in conversations and
// not in the job summary (docs.github.com, "Autolinked references and URLs").
func startsAddress(line string, i int, r rune) bool {
	switch r {
	case ':':
		return strings.HasPrefix(line[i:], "://")
	case '.':
		return i >= 3 && strings.EqualFold(line[i-3:i], "www")
	case '@':
		return emailHost().MatchString(line[i:])
	}
	return false
}

// separated returns a character of an address with the separator. The separator precedes
// the dot of www., because a dot can also be the end of a line.
func separated(r rune) string {
	if r == '.' {
		return separator + "."
	}
	return string(r) + separator
}

// emailHost matches the part of an e-mail address that begins with the character @.
var emailHost = lazy.Regexp(`^@[\w-]*\.`)

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
