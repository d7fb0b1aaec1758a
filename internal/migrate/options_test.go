package migrate

import (
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	named := string(readFile(t, "testdata/matrix-include-names/before.yml"))
	ghes := strings.ReplaceAll(patLogin, "ghcr.io", "containers.example.com")
	cases := []struct {
		name, src string
		opts      Options
		want      string // part of the result; "" means that the file does not change
	}{
		{"github.token", patLogin, Options{Token: "github.token"}, "-p ${{ github.token }} &&"},
		{"a secret's name cannot become github.token", named, Options{Token: "github.token"}, ""},
		{"another registry", ghes, Options{Registry: "containers.example.com"}, "-p ${{ secrets.GITHUB_TOKEN }} &&"},
		{"a registry that is not the registry to migrate", ghes, Options{}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			after, findings := migrateOnce(t, []byte(c.src), c.opts)
			if c.want == "" && string(after) != c.src || !strings.Contains(string(after), c.want) {
				t.Errorf("got\n%s\n%s", after, findings)
			}
		})
	}
}
