package handlebars

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// scope has one value of each kind.
func scope() Object {
	return Object{
		"a": "A<&", "b": "", "f": constant("F="), "n": 5, "z": 0, "t": true, "no": false,
		"l": []any{"x", "y"}, "e": []any{}, "o": Object{"k": "v", "l": []any{"1"}},
		"g": Func(func(c Call) (any, error) {
			if len(c.Params) != 1 {
				return nil, errors.New("one argument, please")
			}
			return "g" + fmt.Sprint(c.Params[0]), nil
		}),
		"h": Func(func(c Call) (any, error) {
			var out []string
			for _, h := range c.Hash {
				out = append(out, h.Name+":"+str(h.Value))
			}
			return strings.Join(out, " "), nil
		}),
	}
}

func constant(s string) Func { return func(Call) (any, error) { return s, nil } }

// Handlebars 4.7 for JavaScript printed each expected value.
func TestExecute(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, template, want string }{
		{"text", "x{y}", "x{y}"},
		{"escaped", "{{a}}", "A&lt;&amp;"},
		{"all escapes", "{{[<>\"'`=&]}}{{{a}}}", "A<&"},
		{"not escaped", "{{{a}}}{{&a}}", "A<&A<&"},
		{"function", "{{f}}{{{f}}}", "F&#x3D;F="},
		{"number and zero", "{{n}}{{z}}", "50"},
		{"booleans", "{{t}}{{no}}", "truefalse"},
		{"list and object", "{{l}}{{o}}", "x,y[object Object]"},
		{"unknown prints nothing", "{{unknown}}{{o.x.y}}{{a-b}}", ""},
		{"quoted name", `{{"a"}}`, "A&lt;&amp;"},
		{"scoped name", "{{this.n}}{{./n}}", "55"},
		{"bracketed name", "{{[n]}}", "5"},
		{"fields", "{{o.k}}{{o.l.[0]}}{{l.[1]}}{{l.length}}", "v1y2"},
		{"root", "{{#with o}}{{@root.n}}{{/with}}", "5"},
		{"argument", `{{g "x"}}{{g 'y z'}}{{g n}}`, "gxgy zg5"},
		{"literals", "{{g true}}{{g -1.50}}", "gtrueg-1.5"},
		{"escaped quote", `{{g 'it\'s'}}`, "git&#x27;s"},
		{"named arguments", "{{h x=1 y='z'}}", "x:1 y:z"},
		{"nested call", "{{g (g 1)}}", "gg1"},
		{"lookup", `{{lookup o "k"}}{{lookup l 1}}`, "vy"},
		{"log", "{{log a}}", ""},
		{"if", "{{#if a}}1{{/if}}{{#if b}}2{{else}}3{{/if}}", "13"},
		{"if takes a function's value", "{{#if f}}1{{/if}}", "1"},
		{"if zero", "{{#if z}}1{{else}}2{{/if}}{{#if z includeZero=true}}3{{/if}}", "23"},
		{"if empty list", "{{#if e}}1{{else}}2{{/if}}", "2"},
		{"else if", "{{#if b}}1{{else if n}}2{{else}}3{{/if}}", "2"},
		{"caret for else", "{{#if b}}1{{^}}2{{/if}}", "2"},
		{"unless", "{{#unless b}}1{{/unless}}", "1"},
		{"each", "{{#each l}}{{@index}}{{this}}{{@first}}{{@last}}{{/each}}", "0xtruefalse1yfalsetrue"},
		{"each of nothing", "{{#each e}}1{{else}}2{{/each}}", "2"},
		{"with", "{{#with o}}{{k}}{{../n}}{{/with}}{{#with b}}1{{else}}2{{/with}}", "v52"},
		{"section of text", "{{#a}}[{{{this}}}]{{/a}}{{#b}}1{{/b}}", "[A<&]1"},
		{"section of truth", "{{#t}}{{n}}{{/t}}{{#no}}1{{/no}}", "5"},
		{"section of a list", "{{#l}}{{this}}{{/l}}", "xy"},
		{"inverted section", "{{^unknown}}1{{/unknown}}{{^a}}2{{/a}}", "1"},
		{"comments", "1{{! x }}2{{!-- }} --}}3", "123"},
		{"backslash", `\{{a}}`, "{{a}}"},
		{"two backslashes", `\\{{n}}`, `\5`},
		{"tildes", " {{~n~}} x", "5x"},
		{"tag alone on its line", "1\n{{#if t}}\n2\n{{/if}}\n3", "1\n2\n3"},
		{"comment alone on its line", "1\n {{! x}} \n2", "1\n2"},
		{"tag not alone", "1 {{#if t}} 2 {{/if}} 3", "1  2  3"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := Parse(c.template)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := tmpl.Execute(scope()); err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestEscapes(t *testing.T) {
	t.Parallel()
	tmpl, err := Parse("{{x}}")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tmpl.Execute(Object{"x": "&<>\"'`="})
	if want := "&amp;&lt;&gt;&quot;&#x27;&#x60;&#x3D;"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, template string }{
		{"open expression", "{{"},
		{"open name", "{{a"},
		{"empty expression", "{{}}"},
		{"three braces closed by two", "{{{a}}"},
		{"two braces closed by three", "{{a}}}"},
		{"open string", "{{g 'x}}"},
		{"string that a comma ended", "{{date 'dddd"},
		{"open block", "{{#if a}}"},
		{"closing tag of another block", "{{#if a}}{{/unless}}"},
		{"closing tag without a block", "{{/if}}"},
		{"else without a block", "{{else}}"},
		{"two else branches", "{{#if a}}{{else}}{{else}}{{/if}}"},
		{"open comment", "{{! x"},
		{"partial", "{{> x}}"},
		{"decorator", "{{* x}}"},
		{"raw block", "{{{{x}}}}{{{{/x}}}}"},
		{"name inside a path", "{{o.this}}"},
		{"positional argument after a named argument", "{{h x=1 2}}"},
		{"unknown function", "{{foo 1}}"},
		{"value that is not a function", "{{a 1}}"},
		{"function that fails", "{{g}}"},
		{"if without an argument", "{{#if}}{{/if}}"},
		{"if outside a block", "{{if}}"},
		{"each of an object", "{{#each o}}{{/each}}"},
		{"deep nesting", strings.Repeat("{{#if t}}", 100) + strings.Repeat("{{/if}}", 100)},
		{"deep parentheses", "{{g " + strings.Repeat("(g ", 100) + "1" + strings.Repeat(")", 100) + "}}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := Parse(c.template)
			if err == nil {
				_, err = tmpl.Execute(scope())
			}
			if err == nil {
				t.Error("got no error")
			}
		})
	}
}

func TestExecuteHasAStepLimit(t *testing.T) {
	t.Parallel()
	list := make([]any, 100)
	loop := strings.Repeat("{{#each @root.l}}", 10) + "x" + strings.Repeat("{{/each}}", 10)
	tmpl, err := Parse(loop)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tmpl.Execute(Object{"l": list}); !errors.Is(err, ErrTooMuch) {
		t.Errorf("got %v, want %v", err, ErrTooMuch)
	}
}

func TestOnlyAndMentions(t *testing.T) {
	t.Parallel()
	cases := []struct {
		template       string
		only, mentions bool
	}{
		{"{{raw}}", true, true},
		{"{{ raw }}", true, true},
		{"{{{raw}}}", true, true},
		{"v{{raw}}", false, true},
		{"{{#raw}}x{{/raw}}", false, true},
		{"{{#if raw}}x{{/if}}", false, true},
		{"{{#if a}}{{else}}{{raw}}{{/if}}", false, true},
		{"{{g (h x=raw)}}", false, true},
		{"{{lookup this 'raw'}}", false, true},
		{"{{version}}", false, false},
		{"raw", false, false},
	}
	for _, c := range cases {
		t.Run(c.template, func(t *testing.T) {
			t.Parallel()
			tmpl, err := Parse(c.template)
			if err != nil {
				t.Fatal(err)
			}
			if tmpl.Only("raw") != c.only || tmpl.Mentions("raw") != c.mentions {
				t.Errorf("got %v, %v; want %v, %v", tmpl.Only("raw"), tmpl.Mentions("raw"), c.only, c.mentions)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("{{#if a}}x{{else if b~}} {{{n}}}{{/if}}")
	f.Add("{{^o~}}{{~^}}\n{{/o}}{{g 'x' y=(h z=1)}}")
	f.Fuzz(func(t *testing.T, template string) {
		tmpl, err := Parse(template)
		if err != nil {
			return
		}
		if got, err := tmpl.Execute(scope()); err == nil && len(got) > 2*maxOutput+len(template)*16 {
			t.Errorf("got %d characters of output", len(got))
		}
	})
}
