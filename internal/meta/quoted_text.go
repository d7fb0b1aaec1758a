package meta

import (
	"strconv"
	"strings"
)

// inQuotes returns a text in quotation marks for a message. inQuotes does not escape
// backslashes, because patterns contain backslashes. But inQuotes escapes a text with
// quotation marks or with unprintable characters.
func inQuotes(text string) string {
	printable := func(r rune) bool { return strconv.IsPrint(r) && r != '"' }
	if strings.ContainsFunc(text, func(r rune) bool { return !printable(r) }) {
		return strconv.Quote(text)
	}
	return `"` + text + `"`
}
