package text

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// value parses src and returns the node under the key "v".
func value(t *testing.T, src string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		t.Fatal(err)
	}
	m := doc.Content[0].Content
	for i := 0; i+1 < len(m); i += 2 {
		if m[i].Value == "v" {
			return m[i+1]
		}
	}
	t.Fatal("no key v")
	return nil
}

func TestScalarFindsAWordInEveryStyle(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, src string }{
		{"plain", "v: one TOKEN two # TOKEN in a comment\n"},
		{"plain over lines", "v: one\n   TOKEN\n   two\n"},
		{"single quotes", "v: 'it''s TOKEN'\n"},
		{"double quotes", `v: "say \"TOKEN\" \\ now"` + "\n"},
		{"double quotes with newline", `v: "a\nTOKEN\tb"` + "\n"},
		{"double quotes over lines", "v: \"a \\\n  TOKEN\"\n"},
		{"literal", "v: |\n  one\n    TOKEN\n\n  two\n"},
		{"literal with header", "v: |2- # TOKEN not here\n    TOKEN\n"},
		{"literal with tabs", "v: |\n  one\n  \tTOKEN\t\n"},
		{"folded", "v: >-\n  one\n  TOKEN\n\n  two\n"},
		{"crlf", "x: 1\r\nv: |\r\n  one\r\n  TOKEN\r\n"},
		{"byte order mark", "\ufeffv: TOKEN\n"},
		{"multi-byte before", "ü: ä\nv: ñandú TOKEN\n"},
		{"anchor and tag", "v: &a !!str TOKEN\n"},
		{"anchor on its own line", "v: &a\n  TOKEN\n"},
		{"line separator in a comment", "# a\u2028# b\nv: TOKEN\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := New([]byte(c.src))
			s, err := f.Scalar(value(t, c.src))
			if err != nil {
				t.Fatal(err)
			}
			at := strings.Index(s.Value, "TOKEN")
			start, end, ok := s.Span(at, at+len("TOKEN"))
			if got := c.src[start:end]; !ok || got != "TOKEN" {
				t.Errorf("span holds %q, want TOKEN", got)
			}
		})
	}
}

func TestScalarRefusesValuesThatDifferFromTheSource(t *testing.T) {
	t.Parallel()
	src := `v: "\x41B"` + "\n"
	if _, err := New([]byte(src)).Scalar(value(t, src)); err == nil {
		t.Error("found a position for a value written with \\x escapes")
	}
	src = "v: [a]\n"
	if _, err := New([]byte(src)).Scalar(value(t, src)); err == nil {
		t.Error("found a position for a sequence")
	}
}

func TestSpanExcludesBlanks(t *testing.T) {
	t.Parallel()
	src := "v: a  b\n"
	s, err := New([]byte(src)).Scalar(value(t, src))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := s.Span(1, 3); ok {
		t.Error("a text of blanks has a span")
	}
	if start, end, _ := s.Span(0, 3); src[start:end] != "a" {
		t.Errorf("got %q, want a", src[start:end])
	}
}

func TestPositionReversesOffset(t *testing.T) {
	t.Parallel()
	f := New([]byte("\ufeffä: b\r\nc: ü d\n"))
	for _, want := range [][2]int{{1, 1}, {1, 4}, {2, 1}, {2, 4}, {2, 6}} {
		line, column := f.Position(f.Offset(want[0], want[1]))
		if line != want[0] || column != want[1] {
			t.Errorf("got %d:%d, want %d:%d", line, column, want[0], want[1])
		}
	}
}

func TestEdits(t *testing.T) {
	t.Parallel()
	var e Edits
	for _, edit := range []Edit{{4, 7, "B"}, {0, 3, "A"}, {4, 7, "B"}, {7, 7, "!"}} {
		if err := e.Add(edit); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Add(Edit{5, 6, "x"}); err == nil {
		t.Error("Add accepts an overlapping edit")
	}
	if got := string(e.Apply([]byte("one two"))); got != "A B!" {
		t.Errorf("got %q, want %q", got, "A B!")
	}
	if !e.Covers(5, 7) || e.Covers(2, 5) {
		t.Error("Covers is wrong about [5, 7) or [2, 5)")
	}
	e.Drop(4, 7)
	if got := string(e.Apply([]byte("one two"))); got != "A two" {
		t.Errorf("after Drop got %q, want %q", got, "A two")
	}
}

func TestEOL(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, src string
		offset    int
		want      string
	}{
		{"lf", "a\nb\n", 0, "\n"},
		{"crlf", "a\r\nb\r\n", 3, "\r\n"},
		{"cr", "a\rb\r", 0, "\r"},
		{"mixed", "a\nb\r\nc\n", 2, "\r\n"},
		{"last line without", "a\r\nb", 3, "\r\n"},
		{"exotic", "a\u2028b\r\n", 0, "\r\n"},
		{"none", "a", 0, "\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := New([]byte(c.src)).EOL(c.offset); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
