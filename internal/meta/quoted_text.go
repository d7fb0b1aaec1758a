package meta

import (
	"strconv"
	"strings"
)

// inQuotes returns a text in quotation marks for a message. It writes a backslash as the
// user wrote it, because patterns contain backslashes. It escapes a text with quotation
// marks or with characters that cannot be printed.
func inQuotes(text string) string {
	printable := func(r rune) bool { return strconv.IsPrint(r) && r != '"' }
	if strings.ContainsFunc(text, func(r rune) bool { return !printable(r) }) {
		return strconv.Quote(text)
	}
	return `"` + text + `"`
}
