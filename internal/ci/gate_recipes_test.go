//go:build integration

package ci

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// standIns writes small programs that take the place of the scanner and of Docker.
const standIns = `mkdir -p "$RUNNER_TEMP/bin"
for name in trivy docker; do
  printf '#!/bin/sh\necho "%s $*"\n' "$name" >"$RUNNER_TEMP/bin/$name"
  chmod +x "$RUNNER_TEMP/bin/$name"
done
echo "$RUNNER_TEMP/bin" >>"$GITHUB_PATH"
printf 'echo "scan.sh $REFERENCE"\n' >scan.sh
chmod +x scan.sh
`

// recipeStep is a step of a recipe.
type recipeStep struct {
	ID              string            `yaml:"id,omitempty"`
	Run             string            `yaml:"run,omitempty"`
	Shell           string            `yaml:"shell,omitempty"`
	Uses            string            `yaml:"uses,omitempty"`
	With            map[string]string `yaml:"with,omitempty"`
	Env             map[string]string `yaml:"env,omitempty"`
	ContinueOnError bool              `yaml:"continue-on-error,omitempty"`
}

// recipes returns the recipes of a document that are lists of steps.
func recipes(t *testing.T, page string) [][]recipeStep {
	t.Helper()
	var out [][]recipeStep
	for _, example := range examples(read(t, page)) {
		var recipe []recipeStep
		if yaml.Unmarshal([]byte(example), &recipe) == nil {
			out = append(out, recipe)
		}
	}
	return out
}

// TestGateRecipesUnderAct runs the steps of docs/gate.md in one job. Each step writes its
// own tag. The program of the image runs as root, so the policy refuses the image.
func TestGateRecipesUnderAct(t *testing.T) {
	t.Parallel()
	tool(t, "jq")
	steps := []recipeStep{{Uses: "actions/checkout@v7"}, {Run: standIns, Shell: "bash"}}
	var want []string
	for _, recipe := range recipes(t, "docs/gate.md") {
		for _, s := range recipe {
			if !strings.HasPrefix(s.Uses, "ghcr-publish/") {
				continue
			}
			tag := fmt.Sprintf("recipe-%d", len(steps))
			s.With["source"], s.With["tags"] = "images/linux-amd64", tag
			if s.ContinueOnError = strings.Contains(s.With["gate"], "User"); !s.ContinueOnError {
				want = append(want, tag)
			}
			steps = append(steps, s)
		}
	}
	c := newCaller(t, "on: push\njobs: {}\n")
	log := c.steps(steps)
	slices.Sort(want)
	if got := c.server.Tags("e2e/image"); !slices.Equal(got, want) || strings.Count(log, "(gate-failed)") != 1 {
		t.Errorf("the tags are %q, want %q\n%s", got, want, log)
	}
	for _, call := range []string{"scan.sh " + c.server.Host(), "trivy image", "docker run --rm --pull always", "docker run --rm --platform linux/amd64"} {
		if !strings.Contains(log, call) {
			t.Errorf("the log does not contain %q\n%s", call, log)
		}
	}
}

// steps runs a job with the steps, and returns its log.
func (c *caller) steps(steps []recipeStep) string {
	c.t.Helper()
	text, err := yaml.Marshal(map[string]any{
		"on": "push", "permissions": map[string]string{"packages": "write"},
		"jobs": map[string]any{"recipes": map[string]any{"runs-on": "ubuntu-24.04", "steps": steps}},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	write(c.t, filepath.Join(c.work, ".github", "workflows", "image.yml"), text)
	log, err := c.act("push", "image.yml")
	if err != nil {
		c.t.Fatalf("act: %v\n%s\n%s", err, text, log)
	}
	return log
}
