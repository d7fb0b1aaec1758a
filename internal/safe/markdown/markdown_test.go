package markdown

import (
	"errors"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, value, want string }{
		{"plain words", "linux/arm64 v1.2", "linux/arm64 v1.2"},
		{"a link", "[Click](https://evil.example)", `\[Click\](https:<span></span>//evil.example)`},
		{"a link behind a backslash", `\[Click\](https://evil.example)`, `\\\[Click\\\](https:<span></span>//evil.example)`},
		{"addresses", "http://a.b ftp://c.d HTTPS://e.f", "http:<span></span>//a.b ftp:<span></span>//c.d HTTPS:<span></span>//e.f"},
		{"addresses without a scheme", "www.a.b (WWW.c.d www", "www<span></span>.a.b (WWW<span></span>.c.d www"},
		{"e-mail addresses", "a.b+c@d-e.f mailto:g@h.i a@.b", "a.b+c@<span></span>d-e.f mailto:g@<span></span>h.i a@<span></span>.b"},
		{"an address in an address", "https://www.a@b.c", "https:<span></span>//www<span></span>.a@<span></span>b.c"},
		{"names with the characters of addresses", "a:b c@d web@sha256:0 http:/e ww.f", "a:b c@d web@sha256:0 http:/e ww.f"},
		{"references that are no links in the summary", "@user #123 acme/web#1 GH-1 860c190f", "@user #123 acme/web#1 GH-1 860c190f"},
		{"an image", "![x](y)", `\!\[x\](y)`},
		{"cells of a table", `a|b\|c`, `a\|b\\\|c`},
		{"bold, italic, struck, code, formula", "**a** _b_ ~c~ `d` $e$", "\\*\\*a\\*\\* \\_b\\_ \\~c\\~ \\`d\\` \\$e\\$"},
		{"HTML and entities", `<b>&lt;"'`, `&lt;b&gt;&amp;lt;"'`},
		{"an address in quotation marks", `is "https://a.example/b"`, `is "https:<span></span>//a.example/b"`},
		{"a heading", "# a # b", `\# a # b`},
		{"lists", "- a - b", `\- a - b`},
		{"a numbered list", "12. a 3. b", `12\. a 3. b`},
		{"a version", "1.2.3", "1.2.3"},
		{"a line below a heading", "===", `\===`},
		{"a block of code", "    code", "&#32;   code"},
		{"lines", "a\nb\r\nc\td", "a b  c d"},
		{"control characters", "a\x1b[31m\a\x00", `aU+001B\[31mU+0007U+0000`},
		{"bidirectional characters", "a\u202eb\u2066c", "aU+202EbU+2066c"},
		{"characters without a width", "a\u200bb\ufeffc\u115fd\ufe0fe\u00ad", "aU+200BbU+FEFFcU+115FdU+FE0FeU+00AD"},
		{"line separators", "a\u2028b\u2029c\u0085d", "aU+2028bU+2029cU+0085d"},
		{"bytes that are not UTF-8", "a\xffb", "a\ufffdb"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Escape(c.value); got.String() != c.want || got.Plain() != c.value {
				t.Errorf("got %q and %q, want %q and the value", got.String(), got.Plain(), c.want)
			}
		})
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, value, want string }{
		{"a reference", "ghcr.io/acme/web:1.2", "`ghcr.io/acme/web:1.2`"},
		{"nothing", "", ""},
		{"characters that code cannot contain in a table", "a`b|c\\", "<code>a\\`b\\|c\\\\</code>"},
		{"blanks at the end, which code loses", "a ", "<code>a </code>"},
		{"HTML", "<b>", "`<b>`"},
		{"control characters and lines", "a\nb\x1b", "`a bU+001B`"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Code(c.value).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, label, address, want string }{
		{"an address", "a_b", "https://x.example/p?q=1", `[a\_b](https://x.example/p?q=1)`},
		{"no address", "a", "", "a"},
		{"a script", "a", "javascript:alert(1)", "a"},
		{"a bracket that ends the link", "a", "https://x.example/)[b](https://y.example", "a"},
		{"a line break", "a", "https://x.example/\n# b", "a"},
		{"a direction", "a", "https://x.example/\u202e", "a"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Link(c.label, c.address).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBlockCannotBeEndedByItsCode(t *testing.T) {
	t.Parallel()
	got := Block("sh", "a\n```\n[b](c)\n````\n\x1b").String()
	if want := "`````sh\na\n```\n[b](c)\n````\nU+001B\n`````"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSprintfEscapesEveryValue(t *testing.T) {
	t.Parallel()
	type named string
	got := Sprintf("**%s** %s %s %s %d %.1f", "a*", errors.New("b*"), named("c*"), Bold("d*"), 5, 0.5)
	if want := `**a\*** b\* c\* **d\*** 5 0.5`; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
	if want := "**a*** b* c* d* 5 0.5"; got.Plain() != want {
		t.Errorf("plain: got %q, want %q", got.Plain(), want)
	}
	if got := Capitalize(Join([]Text{Escape("a_b"), Link("c", "https://d.example")}, " · ")).String(); got != `A\_b · [c](https://d.example)` {
		t.Errorf("got %q", got)
	}
}

func TestHideFindsEscapedSecrets(t *testing.T) {
	t.Parallel()
	const secret = "ghs_a_b*c`d"
	text := Sprintf("%s %s %s %s", secret, Code(secret), Code("ghs_plain1"), Block("", secret)).Hide([]string{secret, "ghs_plain1", "s"})
	if got, want := text.String(), "[hidden] <code>[hidden]</code> `[hidden]` ```\n[hidden]\n```"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.Contains(text.Plain(), "ghs_") {
		t.Errorf("got %q", text.Plain())
	}
}

// TestLinkToMakesLinksOnlyOfTheAddressesOfTheServers passes values with other addresses
// that contain the name of the server.
func TestLinkToMakesLinksOnlyOfTheAddressesOfTheServers(t *testing.T) {
	t.Parallel()
	const server = "https://www.my_server.example"
	text := Sprintf("%s", "\""+server+"/settings\" "+server+" "+server+".evil.example/ https://github.com/a https://evil.example/"+server+"/")
	want := `"https://www.my\_server.example/settings" https:<span></span>//www<span></span>.my\_server.example https:<span></span>//www<span></span>.my\_server.example.evil.example/ https:<span></span>//github.com/a https:<span></span>//evil.example/https://www.my\_server.example/`
	if got := text.LinkTo(server, ""); got.String() != want || got.Plain() != text.Plain() {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// autolink matches the addresses of which GitHub makes a link (gfm, "Autolinks
// (extension)"), and some more texts.
var autolink = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|www\.|[\w.+-]@[\w.-]*\.`)

// unescape returns the text that a reader sees for an escaped value. It returns false if
// the value contains Markdown. HTML divides the text in which GitHub looks for addresses.
func unescape(s string) (string, bool) {
	var shown string
	for _, part := range strings.Split(s, "<span></span>") {
		text, ok := unescapePart(part)
		if !ok || autolink.MatchString(text) {
			return "", false
		}
		shown += text
	}
	return shown, true
}

func unescapePart(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case strings.IndexByte("\\`*_[]|!~$<>", c) >= 0:
			return "", false
		default:
			b.WriteByte(c)
		}
	}
	return html.UnescapeString(b.String()), true
}

// FuzzEscape checks that a reader sees each value, and that no value contains Markdown.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{
		`amd64 \[Click here to fix\](https://evil.example/login)`, "a\\*b\\`c\\|d", "\x1b[31m\a\u202e\u200b",
		"# a", "1) a", "    a", "<!--", "&#42;a&#42;", "\\", "a\\\n\\b", "~~~", "$$", "\xff\\[", "\u2028- a", "| --- |",
		"https://evil.example", "see www.evil.example.", "a@evil.example", "mailto:a@evil.example", "xmpp:a@b.c/d", "<https://evil.example>", `https\://a.b`, "www&#46;a.b", "a@@b.c", "wwww.a", "@.a", "://www.@a.b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := Escape(value).String()
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
				t.Fatalf("%q becomes %q, which contains %U", value, got, r)
			}
		}
		if shown, ok := unescape(got); !ok || shown != visible(value) || !utf8.ValidString(got) {
			t.Fatalf("%q becomes %q, and a reader sees %q", value, got, shown)
		}
		if strings.ContainsAny(got[:min(1, len(got))], "#+-=>") || strings.HasPrefix(got, "    ") {
			t.Fatalf("%q becomes %q, which starts a block", value, got)
		}
		if code := Code(value).String(); strings.ContainsAny(code, "\n\r") || strings.Count(code, "`")-strings.Count(code, "\\`") > 2 {
			t.Fatalf("%q becomes the code %q", value, code)
		}
	})
}
