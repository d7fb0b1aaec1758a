package expr

import (
	"strings"
	"testing"
)

var texts = map[string]string{
	"env.REGISTRY":    "ghcr.io",
	"env.IMAGE":       "${{ env.REGISTRY }}/acme/web",
	"env.TOKEN":       "${{ secrets.CR_PAT }}",
	"matrix.registry": "ghcr.io",
	"matrix.secret":   "GHCR_TOKEN",
	"env.LOOP":        "${{ env.LOOP }}${{ env.LOOP }}",
	"env.EMPTY":       "",
}

func lookup(path []string) (Found, bool) {
	key := strings.Join(path, ".")
	text, ok := texts[key]
	return Found{Text: text, Source: key}, ok
}

func TestEval(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in, text string
		known          bool
		part           string // the part of the text that determines the value
		refs           string
	}{
		{"no expression", "ghcr.io", "ghcr.io", true, "ghcr.io", ""},
		{"empty", "", "", true, "", ""},
		{"env", "${{ env.REGISTRY }}", "ghcr.io", true, "env.REGISTRY", "env.REGISTRY"},
		{"context in capitals", "${{ ENV.REGISTRY }}", "ghcr.io", true, "ENV.REGISTRY", "env.REGISTRY"},
		{"index", "${{ env['REGISTRY'] }}", "ghcr.io", true, "env['REGISTRY']", "env.REGISTRY"},
		{"nested", "${{ env.IMAGE }}:1", "ghcr.io/acme/web:1", true, "${{ env.IMAGE }}:1", "env.IMAGE"},
		{"secret", "${{ secrets.CR_PAT }}", "", false, "secrets.CR_PAT", "secrets.CR_PAT"},
		{"secret behind env", "${{env.TOKEN}}", "", false, "env.TOKEN", "env.TOKEN"},
		{"fallback", "${{ secrets.A || secrets.B }}", "", false, "secrets.A || secrets.B", "secrets.A secrets.B"},
		{"choice by registry", "${{ matrix.registry == 'ghcr.io' && secrets.A || secrets.B }}", "", false, "secrets.A", "secrets.A"},
		{"choice not taken", "${{ matrix.registry == 'docker.io' && secrets.A || secrets.B }}", "", false, "secrets.B", "secrets.B"},
		{"choice by event", "${{ github.event_name == 'push' && secrets.A || secrets.B }}", "", false, "github.event_name == 'push' && secrets.A || secrets.B", "secrets.A secrets.B"},
		{"named secret", "${{ secrets[matrix.secret] }}", "", false, "secrets[matrix.secret]", "secrets.GHCR_TOKEN"},
		{"unknown name", "${{ secrets[github.ref] }}", "", false, "secrets[github.ref]", "secrets.*"},
		{"format", "${{ format('{0}/{1}', env.REGISTRY, 'x') }}", "ghcr.io/x", true, "format('{0}/{1}', env.REGISTRY, 'x')", "env.REGISTRY"},
		{"format of a secret", "${{ format('{0}', secrets.A) }}", "", false, "format('{0}', secrets.A)", "secrets.A"},
		{"contains", "${{ contains(env.REGISTRY, 'GHCR') }}", "true", true, "contains(env.REGISTRY, 'GHCR')", "env.REGISTRY"},
		{"not", "${{ !env.EMPTY && 'x' }}", "x", true, "'x'", ""},
		{"number", "${{ 0 || 'x' }}", "x", true, "'x'", ""},
		{"parentheses", "${{ (env.EMPTY || env.REGISTRY) }}", "ghcr.io", true, "env.REGISTRY", "env.REGISTRY"},
		{"quote with braces", "${{ 'a}}b' }}", "a}}b", true, "'a}}b'", ""},
		{"doubled quote", "${{ 'it''s' }}", "it's", true, "'it''s'", ""},
		{"never closed", "${{ env.REGISTRY", "${{ env.REGISTRY", true, "${{ env.REGISTRY", ""},
		{"broken", "${{ env. }}", "", false, "${{ env. }}", ""},
		{"star", "${{ github.event.*.x }}", "", false, "github.event.*.x", "github.event.*.x"},
		{"function result", "${{ fromJSON(env.REGISTRY).x }}", "", false, "fromJSON(env.REGISTRY).x", ".*.x"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := Eval(c.in, lookup)
			if v.Text != c.text && v.Known || v.Known != c.known {
				t.Errorf("got %q, known %v, want %q, %v", v.Text, v.Known, c.text, c.known)
			}
			if got := c.in[v.Start:v.End]; got != c.part {
				t.Errorf("the value comes from %q, want %q", got, c.part)
			}
			var names []string
			for _, r := range v.Refs {
				names = append(names, r.Name)
			}
			if got := strings.Join(names, " "); got != c.refs {
				t.Errorf("refs %q, want %q", got, c.refs)
			}
		})
	}
}

func TestEvalRecordsTheDefinitionsOfASecret(t *testing.T) {
	t.Parallel()
	v := Eval("${{ env.TOKEN }}", lookup)
	r := v.Refs[0]
	if r.Source != "env.TOKEN" || r.Via == nil || r.Via.Refs[0].Name != "secrets.CR_PAT" {
		t.Errorf("got %+v", r)
	}
	key := Eval("${{ secrets[matrix.secret] }}", lookup).Refs[0].Key
	if key == nil || key.Refs[0].Source != "matrix.secret" {
		t.Errorf("the source of the key is missing: %+v", key)
	}
}

func TestEvalIsBounded(t *testing.T) {
	t.Parallel()
	if v := Eval("${{ env.LOOP }}", lookup); v.Known {
		t.Error("a loop has a value")
	}
	if v := Eval("${{ "+strings.Repeat("(", 10000)+" }}", lookup); v.Known {
		t.Error("ten thousand parentheses have a value")
	}
	wide := strings.Repeat("${{ env.BIG }}", 10000)
	big := func([]string) (Found, bool) { return Found{Text: wide}, true }
	if v := Eval(wide, big); v.Known {
		t.Error("a value of nested expansions has no limit")
	}
}

func TestTruthOfAnExpression(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in     string
		holds, known bool
	}{
		{"equal", "${{ matrix.registry == 'ghcr.io' }}", true, true},
		{"different", "${{ matrix.registry != 'ghcr.io' }}", false, true},
		{"event", "${{ github.event_name == 'push' }}", false, false},
		{"word", "${{ 'false' }}", false, true},
		{"invalid", "${{ == == }}", false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			holds, known := Eval(c.in, lookup).Truth()
			if holds != c.holds || known != c.known {
				t.Errorf("got %v, %v, want %v, %v", holds, known, c.holds, c.known)
			}
		})
	}
}

func FuzzEval(f *testing.F) {
	for _, seed := range []string{"${{ a && b || c }}", "x${{ env.IMAGE }}y${{ 'a'", "${{ secrets[matrix.secret] }}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := Eval(text, lookup)
		if v.Start < 0 || v.End < v.Start || v.End > len(text) {
			t.Errorf("span [%d, %d) of %d bytes", v.Start, v.End, len(text))
		}
	})
}
