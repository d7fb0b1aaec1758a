//go:build integration

package ci

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// actionlint does not know the prefix $/ yet.
// TestActionlintAcceptsTheReusableWorkflows checks the lines with this prefix.
func TestActionlintAcceptsTheWorkflows(t *testing.T) {
	t.Parallel()
	lint(t, top, "-ignore", `specifying action "\$/`)
}

// actionlint knows the prefix ./, but not the prefix $/. The test therefore replaces $/
// with ./ in the reusable workflows. Then actionlint also checks the inputs and outputs
// of the action in these workflows.
func TestActionlintAcceptsTheReusableWorkflows(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"publish.yml", "promote.yml"} {
		raw, err := os.ReadFile(filepath.Join(top, ".github", "workflows", name))
		if err != nil {
			t.Fatal(err)
		}
		root := project(t, strings.ReplaceAll(string(raw), "uses: $/", "uses: ./"))
		push, err := os.ReadFile(filepath.Join(top, ".github", "actions", "push", "action.yml"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, ".github", "actions", "push", "action.yml"), push)
		lint(t, root)
	}
}

var (
	fence     = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$")
	actionUse = regexp.MustCompile(`uses: ghcr-publish/ghcr-publish@\S+`)
)

// Each example in a document must be a valid workflow that uses only existing inputs.
// The test replaces the released action with ./, so that actionlint checks the inputs.
func TestActionlintAcceptsTheExamples(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(top, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, found := range fence.FindAllSubmatch(text, -1) {
			example := workflowOf(actionUse.ReplaceAllString(string(found[1]), "uses: ./"))
			t.Run(fmt.Sprintf("%s example %d", filepath.Base(page), i+1), func(t *testing.T) {
				t.Parallel()
				lint(t, project(t, example))
			})
		}
	}
}

// workflowOf returns a whole workflow that contains the example. Some examples are whole
// workflows or jobs. Most examples are lists of steps.
func workflowOf(example string) string {
	const head = "on: push\n"
	switch {
	case regexp.MustCompile(`(?m)^on:`).MatchString(example):
		return example
	case strings.HasPrefix(example, "jobs:"):
		return head + example
	case strings.HasPrefix(example, "permissions:"), strings.HasPrefix(example, "steps:"):
		return head + "jobs:\n  example:\n    runs-on: ubuntu-latest\n" + indent(example, 4)
	default:
		return head + "jobs:\n  example:\n    runs-on: ubuntu-latest\n    steps:\n" + indent(example, 6)
	}
}

// The test proves that actionlint checks the inputs of the action.
func TestActionlintChecksTheInputs(t *testing.T) {
	t.Parallel()
	root := project(t, workflowOf("- uses: ./\n  with:\n    no-such-input: 1\n"))
	cmd := exec.CommandContext(t.Context(), tool(t, "actionlint"), "-no-color")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "no-such-input") {
		t.Errorf("actionlint: %v\n%s", err, out)
	}
}

func indent(text string, by int) string {
	return regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(text, strings.Repeat(" ", by)+"$1")
}

// lint runs actionlint on all workflows of the project in the folder root.
func lint(t *testing.T, root string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool(t, "actionlint"), append([]string{"-no-color"}, args...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("actionlint: %v\n%s", err, out)
	}
}

// project writes a project with one workflow into a new folder, and returns the folder.
// The top of the project contains the action.
func project(t *testing.T, workflow string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{".github/workflows/example.yml": []byte(workflow)}
	for _, name := range []string{"action.yml", "internal/release/launch/launch.cjs"} {
		content, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = content
	}
	for name, content := range files {
		write(t, filepath.Join(root, name), content)
	}
	return root
}

func TestPartsOfAWorkflowAreCompleted(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, example, want string }{
		{"a workflow", "name: x\non: push\njobs: {}\n", "name: x\non: push\njobs: {}\n"},
		{"jobs", "jobs:\n  a: {}\n", "on: push\njobs:\n  a: {}\n"},
		{"a job's body", "permissions: {}\nsteps: []\n", "on: push\njobs:\n  example:\n    runs-on: ubuntu-latest\n    permissions: {}\n    steps: []\n"},
		{"steps", "- uses: ./\n\n- run: true\n", "on: push\njobs:\n  example:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./\n\n      - run: true\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := workflowOf(c.example); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
