package handlebars

import (
	"reflect"
	"testing"
)

func TestUsesListsTheNamesOfTheContext(t *testing.T) {
	t.Parallel()
	cases := []struct {
		template string
		want     []string // source, or helper(source) for an argument
	}{
		{"text", nil},
		{"{{a}}-{{{b.c}}}", []string{"a", "b.c"}},
		{"{{this.a}}", []string{"this.a"}},
		{"{{date 'x' tz='y'}}{{date y}}", []string{"date", "date", "date(y)"}},
		{"{{#if a}}{{b}}{{else}}{{c}}{{/if}}", []string{"if(a)", "b", "c"}},
		{"{{#unless a}}{{b}}{{/unless}}", []string{"unless(a)", "b"}},
		{"{{#with a}}{{b}}{{/with}}{{#each a}}{{this}}{{/each}}", []string{"with(a)", "each(a)"}},
		{"{{#a}}{{b}}{{/a}}", []string{"a"}},
		{"{{@root.a}}{{../a}}{{this}}{{! a}}", nil},
		{"{{lookup this 'a'}}{{g (h a)}}", []string{"g", "h", "h(a)"}},
	}
	for _, c := range cases {
		t.Run(c.template, func(t *testing.T) {
			t.Parallel()
			tmpl, err := Parse(c.template)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, use := range tmpl.Uses() {
				text := use.Source
				if use.Helper != "" && use.Helper != "g" {
					text = use.Helper + "(" + text + ")"
				}
				got = append(got, text)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestUsesListsTheArguments(t *testing.T) {
	t.Parallel()
	tmpl, err := Parse("{{date 'x' y tz='z'}}")
	if err != nil {
		t.Fatal(err)
	}
	want := Use{Source: "date", Name: "date", Params: []any{"x", Undefined{}}, Hash: []Named{{"tz", "z"}}}
	if got := tmpl.Uses()[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
