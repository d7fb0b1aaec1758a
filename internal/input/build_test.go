package input_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// buildCases are the inputs of a build, for TestConfigContainsEveryInput.
var buildCases = map[string]inputCase{
	"context":    {"app", func(c *input.Config) bool { return c.Build.Context == "app" && c.Source == "app" }},
	"file":       {"D", func(c *input.Config) bool { return c.Build.File == "D" }},
	"target":     {"t", func(c *input.Config) bool { return c.Build.Target == "t" }},
	"build-args": {"A=1\nB=x y", func(c *input.Config) bool { return slices.Equal(c.Build.Args, []string{"A=1", "B=x y"}) }},
	"secrets": {"a=one,two\n\"key=first\nsecond\"", func(c *input.Config) bool {
		s := c.Build.Secrets
		return len(s) == 2 && s[0].ID == "a" && s[0].Value.Reveal() == "one,two" && s[1].ID == "key" && s[1].Value.Reveal() == "first\nsecond"
	}},
	"platforms":  {"linux/amd64, linux/arm64\nlinux/arm/v7", func(c *input.Config) bool { return len(c.Build.Platforms) == 3 }},
	"builder":    {"b", func(c *input.Config) bool { return c.Build.Builder == "b" }},
	"cache-from": {"type=gha", func(c *input.Config) bool { return slices.Equal(c.Build.CacheFrom, []string{"type=gha"}) }},
	"cache-to":   {"type=gha,mode=max", func(c *input.Config) bool { return slices.Equal(c.Build.CacheTo, []string{"type=gha,mode=max"}) }},
}

func TestContextIsTheWorkingDirectoryIfOnlyFileIsSet(t *testing.T) {
	t.Parallel()
	c := parse(t, workflow("INPUT_SOURCE", "", "INPUT_FILE", "build/Dockerfile"))
	if c.Build == nil || c.Build.Context != "." {
		t.Errorf("got %+v", c.Build)
	}
	if c := parse(t, workflow()); c.Build != nil {
		t.Errorf("the Config of a source has a build: %+v", c.Build)
	}
}

func TestErrorsOfABuildDoNotContainItsSecrets(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, code string
		env        []string
	}{
		{"context and source", "context-or-source", []string{"INPUT_CONTEXT", ".", "INPUT_SOURCE", "x.tar"}},
		{"context and content", "context-or-source", []string{"INPUT_CONTEXT", ".", "INPUT_SOURCE", "", "INPUT_CONTENT", "a:/a"}},
		{"a target without a context", "context-missing", []string{"INPUT_TARGET", "t"}},
		{"secrets without a context", "context-missing", []string{"INPUT_SECRETS", "a=hunter2"}},
		{"an argument without a name", "input-value", []string{"INPUT_SOURCE", "", "INPUT_CONTEXT", ".", "INPUT_BUILD-ARGS", "=hunter2"}},
		{"a secret without an id", "input-value", []string{"INPUT_SOURCE", "", "INPUT_CONTEXT", ".", "INPUT_SECRETS", "hunter2 x"}},
		{"an id that adds options", "input-value", []string{"INPUT_SOURCE", "", "INPUT_CONTEXT", ".", "INPUT_SECRETS", "a,src=/etc/shadow=hunter2"}},
		{"an empty secret", "secret-empty", []string{"INPUT_SOURCE", "", "INPUT_CONTEXT", ".", "INPUT_SECRETS", "a="}},
	}
	for _, c := range cases {
		_, err := input.ParsePublish(workflow(c.env...))
		if !diag.Is(err, c.code) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
}

func TestEachLongLineOfASecretIsMasked(t *testing.T) {
	t.Parallel()
	c := parse(t, workflow("INPUT_SOURCE", "", "INPUT_CONTEXT", ".", "INPUT_SECRETS", "\"json={\n  hunter2\n}\"\npin=1"))
	got := c.Secrets()
	for want, hidden := range map[string]bool{"hunter2": true, "{": false, "}": false, "1": true} {
		if slices.Contains(got, want) != hidden {
			t.Errorf("%q is masked: %v, want %v", want, !hidden, hidden)
		}
	}
}
