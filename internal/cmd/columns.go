package cmd

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table prints a heading and two columns. The right column is wrapped.
func (h helpPrinter) table(heading string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	left := 0
	for _, row := range rows {
		left = max(left, len(row[0]))
	}
	fmt.Fprintf(h.out, "\n%s:\n", heading)
	for _, row := range rows {
		for i, line := range wrap(row[1], helpWidth-left-4) {
			title := row[0]
			if i > 0 {
				title = ""
			}
			fmt.Fprintf(h.out, "  %-*s  %s\n", left, title, line)
		}
	}
}

// wrap splits a text at blanks into lines of at most width columns. A word that is wider
// than the argument "width" is alone on its line.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// paragraphs wraps each paragraph of a text.
func paragraphs(text string) string {
	parts := strings.Split(text, "\n\n")
	for i, part := range parts {
		parts[i] = strings.Join(wrap(part, helpWidth), "\n")
	}
	return strings.Join(parts, "\n\n")
}

// fitted returns one line of at most helpWidth columns. The line starts with the
// label and contains as many names as fit. An ellipsis replaces the names that do not
// fit.
func fitted(label string, names []string) string {
	line := label + strings.Join(names, ", ")
	for n := len(names); utf8.RuneCountInString(line) > helpWidth && n > 0; n-- {
		line = label + strings.Join(append(names[:n-1:n-1], "…"), ", ")
	}
	return line
}

// firstSentence returns the text up to the first full stop at the end of a word.
func firstSentence(text string) string {
	before, _, _ := strings.Cut(sentence(text), ". ")
	return strings.TrimSuffix(before, ".") + "."
}

// sentence returns the text with a capital letter at the beginning and a full stop at
// the end, because the help texts of cobra's own flags have neither.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}
