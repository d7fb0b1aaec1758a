package main

import (
	"bytes"
	"path/filepath"
	"testing"
)

func TestCompareMarksDifferences(t *testing.T) {
	t.Parallel()
	seen := record{Subject: subject{Registry: "https://ghcr.io"}, Findings: []finding{
		{ID: "mount", Facts: map[string]string{"from itself": "201", "words": "a|b\n<c>"}},
		{ID: "push", Facts: map[string]string{}, Error: "refused"},
	}}
	model := record{Findings: []finding{{ID: "mount", Facts: map[string]string{"from itself": "201", "words": "x", "more": "y"}}}}
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "seen.json"), filepath.Join(dir, "model.json")}
	for i, r := range []record{seen, model} {
		if err := r.write(files[i]); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), append([]string{"-compare"}, files...), nil, &out); err != nil {
		t.Fatal(err)
	}
	want := `| question | fact | https://ghcr.io | modelled |
|---|---|---|---|
| mount | from itself | 201 | 201 |
| mount | more | **–** | y |
| mount | words | **a\|b &lt;c>** | x |
| push | error | **refused** | – |
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRegistryBelongsToTheServer(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, server, want string }{
		{"github.com", "https://github.com", "https://ghcr.io"},
		{"no server", "", "https://ghcr.io"},
		{"an Enterprise Server", "https://ghes.example.com", "https://containers.ghes.example.com"},
		{"data residency", "https://acme.ghe.com", "https://containers.acme.ghe.com"},
		{"serve", "http://127.0.0.1:5000", "http://127.0.0.1:5000"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := registryOf(c.server); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
