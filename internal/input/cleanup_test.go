package input_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// cleanupStep returns the environment of a step with the command "cleanup".
func cleanupStep(pairs ...string) input.Environment {
	return workflow(append([]string{"INPUT_COMMAND", "cleanup", "INPUT_SOURCE", "", "INPUT_DELETE", "pr-*"}, pairs...)...)
}

// An unknown input can be a rule that should protect images.
func TestEachUnknownInputOfACleanupIsAnError(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, hint string }{
		{"exclude-tags", "keep"}, {"cut-off", "older-than"}, {"keep-n-tagged", "keep-newest"}, {"delete-untagged", "untagged: delete"},
		{"package-name", "image"}, {"use-regex", "slashes"}, {"olderthan", "Did you mean older-than?"}, {"colour", "docs/cleanup.md"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := cleanupStep()
			env.Environ = []string{"INPUT_" + strings.ToUpper(c.name) + "=x"}
			_, err := input.ParseCleanup(env)
			all := diag.All(err)
			if len(all) != 1 || all[0].Code != input.CodeUnknown || !strings.Contains(all[0].Hint, c.hint) {
				t.Errorf("got %v, want one error with the code %s and the hint %q", err, input.CodeUnknown, c.hint)
			}
		})
	}
}

func TestPatternsOfPackagesMatchNamesOfTheirOwner(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern, pkg, want string // want is "" if the pattern does not match
	}{
		{"ghcr.io/acme/*", "web", "ghcr.io/acme/web"},
		{"ghcr.io/acme/*", "web/api", "ghcr.io/acme/web/api"},
		{"acme/web-?", "web-1", "ghcr.io/acme/web-1"},
		{"GHCR.io/Acme/Web*", "WEB", "ghcr.io/acme/web"},
		{"ghcr.io/acme/web.*", "web.api", "ghcr.io/acme/web.api"},
		{"ghcr.io/acme/web.*", "webXapi", ""},
		{"ghcr.io/acme/web", "", ""},
		{"ghcr.io/acme/web*", "my-web", ""},
	}
	for _, c := range cases {
		t.Run(c.pattern+" "+c.pkg, func(t *testing.T) {
			t.Parallel()
			config, err := input.ParseCleanup(cleanupStep("INPUT_IMAGE", c.pattern))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, glob := range config.Globs {
				if repo, ok := glob.Match(c.pkg); ok && glob.Owner == "acme" {
					got = repo.Name()
				}
			}
			if got != c.want {
				t.Errorf("the pattern matches %q, want %q", got, c.want)
			}
		})
	}
}
