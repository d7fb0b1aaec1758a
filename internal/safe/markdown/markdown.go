// Package markdown writes Markdown for the job summary. The values in this Markdown come
// from images, files and servers, so they are not trusted.
//
// A [Text] can only be made by this package. Every function escapes the values that it
// gets, and accepts Markdown only in a format, which must be a constant. Other packages
// can therefore not write an unescaped value into the summary. The dialect is GitHub
// Flavored Markdown (github.github.com/gfm).
package markdown

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// constant is the type of a format. The type has no exported name. Other packages can
// therefore pass only constants, and no values that a program has read.
type constant string

// Text is a part of the summary. The zero value is empty.
type Text struct{ markdown, plain string }

// String returns the Markdown.
func (t Text) String() string { return t.markdown }

// Plain returns the same text without Markdown, for the log and a terminal. It is not
// escaped.
func (t Text) Plain() string { return t.plain }

// Empty reports whether the text is empty.
func (t Text) Empty() bool { return t.markdown == "" }

// Sprintf returns the format with its arguments. It escapes every argument that is not a
// Text, a number or a truth value.
func Sprintf(format constant, args ...any) Text {
	escaped, plain := make([]any, len(args)), make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case int, int64, float64, bool:
			escaped[i], plain[i] = arg, arg
		case Text:
			escaped[i], plain[i] = arg.markdown, arg.plain
		default:
			text := fmt.Sprint(arg)
			escaped[i], plain[i] = escape(text), text
		}
	}
	return Text{fmt.Sprintf(string(format), escaped...), fmt.Sprintf(string(format), plain...)}
}

// Escape returns a value as a text of one line.
func Escape(value string) Text { return Text{escape(value), value} }

// Code returns a value as code in a sentence or in a table. It returns an empty text for
// an empty value.
func Code(value string) Text {
	shown := visible(value)
	switch {
	case value == "":
		return Text{}
	case shown != strings.TrimSpace(shown) || strings.ContainsAny(shown, "`|\\"):
		return Text{"<code>" + escape(value) + "</code>", value} // backquotes cannot show these characters in a table
	}
	return Text{"`" + shown + "`", value}
}

// Bold returns a value in bold letters.
func Bold(value string) Text { return Text{"**" + escape(value) + "**", value} }

// Link returns a link. It returns only the label if the address is not an HTTP address,
// or contains a character that ends a link.
func Link(label, address string) Text {
	web := strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
	if !web || address != visible(address) || strings.ContainsAny(address, " ()<>\\`|\"") {
		return Escape(label)
	}
	return Text{"[" + escape(label) + "](" + address + ")", label}
}

// Block returns a block of code. The language is the name after the fence, or "".
func Block(language constant, code string) Text {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	var b strings.Builder
	for line := range strings.Lines(code) {
		for i, cell := range strings.Split(strings.TrimRight(line, "\r\n"), "\t") {
			b.WriteString(strings.Repeat("\t", min(i, 1)) + visible(cell))
		}
		b.WriteByte('\n')
	}
	return Text{fence + string(language) + "\n" + b.String() + fence, code}
}

// Quote returns a text with the mark of a quote before each line except the first.
func Quote(t Text) Text {
	return Text{strings.ReplaceAll(t.markdown, "\n", "\n> "), t.plain}
}

// Hide returns a text without the secrets. It also finds a secret that is escaped, which
// the masks of the runner do not find.
func (t Text) Hide(secrets []string) Text {
	escaped := make([]string, len(secrets))
	for i, value := range secrets {
		escaped[i] = escape(value)
	}
	return Text{secret.Hide(secret.Hide(t.markdown, escaped), secrets), secret.Hide(t.plain, secrets)}
}

// Join returns the texts with the separator between them.
func Join(texts []Text, separator constant) Text {
	var b Builder
	for i, t := range texts {
		if i > 0 {
			b.Printf("%s", Text{string(separator), string(separator)})
		}
		b.Add(t)
	}
	return b.Text()
}

// Capitalize returns a text with a capital letter at the beginning.
func Capitalize(t Text) Text { return Text{capital(t.markdown), capital(t.plain)} }

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if !unicode.IsLower(first) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// Builder joins parts of a summary.
type Builder struct{ markdown, plain strings.Builder }

// Printf adds a format with its arguments. See [Sprintf].
func (b *Builder) Printf(format constant, args ...any) { b.Add(Sprintf(format, args...)) }

// Add adds a text.
func (b *Builder) Add(t Text) {
	b.markdown.WriteString(t.markdown)
	b.plain.WriteString(t.plain)
}

// Text returns the text of all parts.
func (b *Builder) Text() Text { return Text{b.markdown.String(), b.plain.String()} }
