package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// gitlabJob has the keys of a GitLab job that contain shell commands.
type gitlabJob struct {
	Before []string `yaml:"before_script"`
	Script []string `yaml:"script"`
}

// circleStep is a step of CircleCI. A step is a name, or an object with one key.
type circleStep struct {
	Run struct{ Command string } `yaml:"run"`
}

// jenkinsShell matches the shell commands of a Jenkins pipeline.
var jenkinsShell = regexp.MustCompile(`(?s)\bsh '''\n(.*?)'''`)

// recipe is the shell part of a recipe, with the variables that the CI system sets.
type recipe struct {
	system, commands string
	env              []string
}

// recipes returns the shell parts of the recipes in docs/ci-systems.md. A recipe installs
// the program with go install, which the test does not run.
func recipes(t *testing.T) []recipe {
	t.Helper()
	raw, err := os.ReadFile("docs/ci-systems.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []recipe
	for _, b := range blocks(string(raw)) {
		switch {
		case b.language == "groovy":
			out = append(out, recipe{"Jenkins", strings.Join(jenkinsShell.FindStringSubmatch(b.text)[1:], ""), []string{"CR_PAT=" + secret, "TAG_NAME=v1.3.0"}})
		case b.language == "yaml" && strings.HasPrefix(b.text, "version:"):
			out = append(out, recipe{"CircleCI", circleCommands(t, b.text), []string{"GH_TOKEN=" + secret, "CIRCLE_TAG=v1.3.0"}})
		case b.language == "yaml":
			var jobs map[string]gitlabJob
			if err := yaml.Unmarshal([]byte(b.text), &jobs); err != nil {
				t.Fatal(err)
			}
			for _, job := range jobs {
				out = append(out, recipe{"GitLab CI", strings.Join(job.Script, "\n"), []string{"GITHUB_TOKEN=" + secret, "CI_COMMIT_TAG=v1.3.0"}})
			}
		}
	}
	return out
}

// circleCommands returns the commands of the steps in a configuration of CircleCI.
func circleCommands(t *testing.T, text string) string {
	t.Helper()
	var config struct {
		Jobs map[string]struct{ Steps []yaml.Node }
	}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, job := range config.Jobs {
		for _, node := range job.Steps {
			var step circleStep
			if node.Decode(&step) == nil { // Other steps have no commands, or a command that installs the program.
				out.WriteString(step.Run.Command)
			}
		}
	}
	return out.String()
}

// TestRecipesOfOtherCISystemsPublish runs the shell part of each recipe against an
// embedded ghcr.io. The only token is the token in the variable that the recipe names.
func TestRecipesOfOtherCISystemsPublish(t *testing.T) {
	t.Parallel()
	needs.Program(t, "sh")
	all := recipes(t)
	if len(all) != 3 {
		t.Fatalf("docs/ci-systems.md has %d recipes, want 3", len(all))
	}
	for _, r := range all {
		t.Run(r.system, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(r.commands, "ghcr-publish publish") {
				t.Fatalf("the recipe does not publish:\n%s", r.commands)
			}
			d := newDesk(t)
			d.env = append(slices.DeleteFunc(d.env, func(pair string) bool { return strings.HasPrefix(pair, "GITHUB_TOKEN=") }), r.env...)
			out, err := d.run(t.Context(), r.commands)
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, r.commands, out)
			}
			checkResultFiles(t, d)
		})
	}
}

// checkResultFiles checks the files that a recipe writes.
func checkResultFiles(t *testing.T, d *desk) {
	t.Helper()
	digest, err := os.ReadFile(filepath.Join(d.folder, "digest.txt"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(d.folder, "metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Report json.RawMessage `json:"ghcr-publish"`
		Digest string          `json:"containerimage.digest"`
		Names  string          `json:"image.name"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		t.Fatal(err)
	}
	if result.Digest != string(digest) || result.Names != d.host+"/acme/web:v1.3.0" {
		t.Errorf("the digest is %q and %q, the name is %q", digest, result.Digest, result.Names)
	}
	if err := reports.Check(result.Report); err != nil {
		t.Error(err)
	}
}
