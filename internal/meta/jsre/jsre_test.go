package jsre

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// show formats groups as a list with commas. ~ is a group that did not take
// part in the match.
func show(groups []Group) string {
	parts := make([]string, len(groups))
	for i, g := range groups {
		if parts[i] = g.Text; !g.Set {
			parts[i] = "~"
		}
	}
	return strings.Join(parts, ",")
}

// Each expected value is the result of a JavaScript engine.
func TestMatch(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, pattern, flags, text, want string }{
		{"unanchored", `\d+\.\d+`, "", "prod-v1.2.3", "1.2"},
		{"groups", `v(\d+)(x)?`, "", "v12", "v12,12,~"},
		{"look ahead", `v(?=1)(.*)`, "", "v1.2", "v1.2,1.2"},
		{"look behind", `(?<=v)\d`, "", "v1", "1"},
		{"back reference", `(a)\1`, "", "aab", "aa,a"},
		{"reference to a group that took no part in the match", `(a)|b\1`, "", "b", "b,~"},
		{"named groups count in order", `(?<n>a)(b)`, "", "ab", "ab,a,b"},
		{"reference by name", `(x)(?<n>a)\k<n>`, "", "xaa", "xaa,x,a"},
		{"ignore case", `V(.)`, "i", "v1", "v1,1"},
		{"global gives all matches", `\d`, "g", "v1.2", "1,2"},
		{"sticky matches only at the start", `\d`, "y", "v1", ""},
		{"sticky at the start", `v`, "y", "v1", "v"},
		{"dot does not match a line break", `a.b`, "", "a\rb", ""},
		{"dot with s", `a.b`, "s", "a\rb", "a\rb"},
		{"dollar matches only the end of the text", `a$`, "", "a\n", ""},
		{"multiline", `^b$`, "m", "a\nb", "b"},
		{"digits are ASCII", `\d`, "", "٣", ""},
		{"word characters are ASCII", `\w`, "", "é", ""},
		{"word boundary behind a letter beyond ASCII", `\b1`, "", "é1", "1"},
		{"no inner position behind a letter beyond ASCII", `\B1`, "", "é1", ""},
		{"word boundary", `\bb`, "", "ab b", "b"},
		{"escaped A and z are letters", `\A\z`, "", "Az", "Az"},
		{"braces without a number", `x{,3}`, "", "x{,3}", "x{,3}"},
		{"bracket in a set", `[a-z-[b]]`, "", "b]", "b]"},
		{"empty set", `a[]|b`, "", "ab", "b"},
		{"set of everything", `[^]`, "", "\n", "\n"},
		{"property without the flag u", `\p{L}`, "", "p{L}", "p{L}"},
		{"property", `\p{L}+`, "u", "éa1", "éa"},
		{"quantified look ahead", `(?=a)*b`, "", "b", "b"},
		{"no match", `x`, "", "y", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			re, err := Compile(c.pattern, c.flags)
			if err != nil {
				t.Fatal(err)
			}
			got, err := re.Match(c.text, time.Second)
			if err != nil || show(got) != c.want {
				t.Errorf("got %q, %v; want %q", show(got), err, c.want)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, pattern, flags string }{
		{"open group", `(`, ""},
		{"closing parenthesis alone", `)`, ""},
		{"open set", `[`, ""},
		{"backslash at the end", `a\`, ""},
		{"repeated assertion", `^*`, ""},
		{"repeated look behind", `(?<=a)?`, ""},
		{"inline options", `(?i)a`, ""},
		{"atomic group", `(?>a)`, ""},
		{"comment", `(?#a)`, ""},
		{"quoted name", `(?'n'a)`, ""},
		{"name twice", `(?<n>a)(?<n>b)`, ""},
		{"unknown name", `(?<n>a)\k<m>`, ""},
		{"unknown flag", `a`, "x"},
		{"flag twice", `a`, "gg"},
		{"brace alone with u", `{`, "u"},
		{"escape without a meaning with u", `\a`, "u"},
		{"reference to a missing group with u", `\1`, "u"},
		{"octal with u", `\01`, "u"},
		{"too long", strings.Repeat("a", maxPattern+1), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if re, err := Compile(c.pattern, c.flags); err == nil {
				t.Errorf("got %v, want an error", re)
			}
		})
	}
}

func TestMatchHasATimeLimit(t *testing.T) {
	t.Parallel()
	re, err := Compile(`(a+)+$`, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := re.Match(strings.Repeat("a", 64)+"!", 50*time.Millisecond); !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want %v", err, ErrTimeout)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`v(\d+)`, "", "v1.2.3")
	f.Add(`(?<n>[^]]*)\k<n>`, "gu", "aa")
	f.Fuzz(func(_ *testing.T, pattern, flags, text string) {
		re, err := Compile(pattern, flags)
		if err != nil {
			return
		}
		_, _ = re.Match(text, 20*time.Millisecond)
	})
}
