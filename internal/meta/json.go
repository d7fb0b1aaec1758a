package meta

import (
	"bytes"
	"encoding/json"
	"strings"
)

// object is a JSON object whose members keep their order. Its JSON text has the
// format of JavaScript's JSON.stringify.
type object []member

// member is a member of an object. The value is a string, a []string or an
// object.
type member struct {
	name  string
	value any
}

func (o object) compact() string {
	var b strings.Builder
	o.write(&b, "", "")
	return b.String()
}

func (o object) indented() string {
	var b strings.Builder
	o.write(&b, "  ", "\n")
	return b.String()
}

// write writes the JSON text of the object. The argument "newline" is a line break with
// the indentation of the current line. If the argument "newline" is empty, the JSON text
// has only one line.
func (o object) write(b *strings.Builder, indent, newline string) {
	if len(o) == 0 {
		b.WriteString("{}")
		return
	}
	inner := deeper(indent, newline)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(inner + quote(m.name) + ":")
		if indent != "" {
			b.WriteByte(' ')
		}
		switch v := m.value.(type) {
		case string:
			b.WriteString(quote(v))
		case []string:
			writeList(b, v, indent, inner)
		case object:
			v.write(b, indent, inner)
		}
	}
	b.WriteString(newline + "}")
}

func writeList(b *strings.Builder, items []string, indent, newline string) {
	if len(items) == 0 {
		b.WriteString("[]")
		return
	}
	b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(deeper(indent, newline) + quote(item))
	}
	b.WriteString(newline + "]")
}

func deeper(indent, newline string) string {
	if newline == "" {
		return ""
	}
	return newline + indent
}

// quote returns a JSON string without the escapes for HTML.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) //nolint:errchkjson // Encode can encode every string, and a buffer returns no error.
	out := strings.TrimSuffix(b.String(), "\n")
	return unescapeSeparators(out)
}

// unescapeSeparators writes U+2028 and U+2029 without an escape, as JavaScript
// does. unescapeSeparators does not change the text "u2028" after an escaped
// backslash.
func unescapeSeparators(s string) string {
	if !strings.Contains(s, `\u202`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029").Replace(s)
}
