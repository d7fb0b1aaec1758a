package csv

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	list := Options{Relaxed: true, Comments: true}
	cases := []struct {
		name  string
		input string
		o     Options
		want  [][]string
	}{
		{"fields and records", "a,b\nc", list, [][]string{{"a", "b"}, {"c"}}},
		{"empty lines", "\n\na\n\n", list, [][]string{{"a"}}},
		{"line of blanks is a record", "a\n   \nb", list, [][]string{{"a"}, {"   "}, {"b"}}},
		{"comment at the beginning of a record", "#x\na", list, [][]string{{"a"}}},
		{"text after blanks is not a comment", "  # c", list, [][]string{{"  # c"}}},
		{"text inside a record is not a comment", "a # b\nk=foo#bar", list, [][]string{{"a # b"}, {"k=foo#bar"}}},
		{"no comments without the option", "#x", Options{}, [][]string{{"#x"}}},
		{"quote inside a comment", "#\"\na", list, [][]string{{"a"}}},
		{"quoted comma", `"a,b",c`, list, [][]string{{"a,b", "c"}}},
		{"quoted line break", "a,\"b\nc\",d", list, [][]string{{"a", "b\nc", "d"}}},
		{"doubled quote", `"a""b"`, list, [][]string{{`a"b`}}},
		{"an empty quoted field is a record", `""`, list, [][]string{{""}}},
		{"relaxed quote inside", `a "b" c`, list, [][]string{{`a "b" c`}}},
		{"relaxed text after a closing quote", `"a,b"c,d`, list, [][]string{{`"a,b"c`, "d"}}},
		{"comment sign closes a quote", `"a"#b`, list, [][]string{{"a#b"}}},
		{"trailing comma", "a,", list, [][]string{{"a", ""}}},
		{"windows lines", "a\r\nb", list, [][]string{{"a"}, {"b"}}},
		{"old mac lines", "a\rb", list, [][]string{{"a"}, {"b"}}},
		{"first line break is the delimiter, Unix", "a\nb\r\nc", list, [][]string{{"a"}, {"b\r"}, {"c"}}},
		{"first line break is the delimiter, Windows", "a\r\nb\nc", list, [][]string{{"a"}, {"b\nc"}}},
		{"broken utf-8", "a\xff", list, [][]string{{"a\uFFFD"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(c.input, c.o)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		input string
		o     Options
		want  error
		line  string
	}{
		{"quote inside", `{{date "YYYY"}}`, Options{}, ErrOpeningQuote, "line 1"},
		{"text after a closing quote", "x\n\"a\"b", Options{}, ErrClosingQuote, "line 2"},
		{"open quote", `"a`, Options{}, ErrOpenQuote, ""},
		{"open quote, relaxed", `"a`, Options{Relaxed: true}, ErrOpenQuote, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(c.input, c.o)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.line) {
				t.Errorf("got %v, want %v in %s", err, c.want, c.line)
			}
		})
	}
}
