// Package markdown writes Markdown for the job summary. The values in the
// summary are not trusted, because they come from images, files and servers.
//
// Only package markdown can create a [Text] that is not empty. Every function
// escapes its arguments, and accepts Markdown only in a format string, which
// must be a constant. For this reason, other packages cannot write an
// unescaped value into the summary. The dialect is GitHub Flavored Markdown
// (github.github.com/gfm).
package markdown

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// constant is the type of a format string. Because the type is not exported,
// other packages can pass only a constant as a format string, and not a value
// that the program has read.
type constant string

// Text is a part of the summary. The zero value is an empty text.
type Text struct{ markdown, plain string }

// String returns the Markdown.
func (t Text) String() string { return t.markdown }

// Plain returns the text without Markdown, for the log and for a terminal. The values in
// the plain text are not escaped.
func (t Text) Plain() string { return t.plain }

// Empty reports whether the text is empty.
func (t Text) Empty() bool { return t.markdown == "" }

// Sprintf inserts the arguments into the format string, as fmt.Sprintf does.
// Sprintf escapes every argument that is not a Text, a number or a Boolean.
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

// Escape returns a value as an escaped text on one line.
func Escape(value string) Text { return Text{escape(value), value} }

// Code returns a value as code in a sentence or in a table. For an empty
// value, Code returns an empty text.
func Code(value string) Text {
	shown := visible(value)
	switch {
	case value == "":
		return Text{}
	case shown != strings.TrimSpace(shown) || strings.ContainsAny(shown, "`|\\"):
		return Text{"<code>" + escape(value) + "</code>", value} // In a table, a value between backquotes cannot contain a backquote, a vertical bar or a backslash.
	}
	return Text{"`" + shown + "`", value}
}

// Bold returns a value in bold letters.
func Bold(value string) Text { return Text{"**" + escape(value) + "**", value} }

// Link returns a link. If the address is not an HTTP address or contains a
// character that could end the link, Link returns only the label.
func Link(label, address string) Text {
	web := strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
	if !web || address != visible(address) || strings.ContainsAny(address, " ()<>\\`|\"") {
		return Escape(label)
	}
	return Text{"[" + escape(label) + "](" + address + ")", label}
}

// Block returns a code block. The argument "language" is the name of the
// language of the code, or "".
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

// Quote writes "> " before each line of a text except the first line, because the caller
// writes "> " before the first line.
func Quote(t Text) Text {
	return Text{strings.ReplaceAll(t.markdown, "\n", "\n> "), t.plain}
}

// Hide replaces each secret in a text by a placeholder. Hide also replaces an
// escaped secret, because the masks of the runner do not find an escaped
// secret.
func (t Text) Hide(secrets []string) Text {
	escaped := make([]string, len(secrets))
	for i, value := range secrets {
		escaped[i] = escape(value)
	}
	return Text{secret.Hide(secret.Hide(t.markdown, escaped), secrets), secret.Hide(t.plain, secrets)}
}

// LinkTo makes a link of each address that begins with the URL of a server. The program
// itself writes such addresses into its hints, for example the address of the settings of
// a package. All other addresses in values stay text. A server is, for example,
// "https://github.com".
func (t Text) LinkTo(servers ...string) Text {
	for _, server := range servers {
		text := escape(server + "/")
		t.markdown = strings.ReplaceAll(t.markdown, text, strings.ReplaceAll(text, separator, ""))
	}
	return t
}

// Join concatenates the texts, and inserts the separator between each two texts.
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

// Builder builds a text from several parts.
type Builder struct{ markdown, plain strings.Builder }

// Printf adds the text that Sprintf returns for the format string and the
// arguments. See [Sprintf].
func (b *Builder) Printf(format constant, args ...any) { b.Add(Sprintf(format, args...)) }

// Add adds a text to the parts.
func (b *Builder) Add(t Text) {
	b.markdown.WriteString(t.markdown)
	b.plain.WriteString(t.plain)
}

// Text returns the text of all parts.
func (b *Builder) Text() Text { return Text{b.markdown.String(), b.plain.String()} }
