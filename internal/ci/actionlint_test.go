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
	lint(t, project(t, workflowOf("- uses: ./\n")))
}

// The uses of this action and of its reusable workflows in an example.
var (
	actionUse   = regexp.MustCompile(`uses: ghcr-publish/ghcr-publish@[^\s,}]+`)
	workflowUse = regexp.MustCompile(`uses: ghcr-publish/ghcr-publish/(\.github/workflows/[a-z]+\.yml)@[^\s,}]+`)
)

// Each example in a document must be a workflow that uses existing inputs. The test
// replaces the released action with ./, so that actionlint checks the inputs.
func TestActionlintAcceptsTheExamples(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for i, found := range examples(read(t, page)) {
			example := workflowOf(workflowUse.ReplaceAllString(actionUse.ReplaceAllString(found, "uses: ./"), "uses: ./$1"))
			t.Run(fmt.Sprintf("%s example %d", page, i+1), func(t *testing.T) {
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

// project makes a project with the action at its top, the reusable workflows and one
// workflow.
func project(t *testing.T, workflow string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{".github/workflows/example.yml": []byte(workflow)}
	for _, name := range []string{"action.yml", "internal/release/launch/launch.cjs", ".github/actions/push/action.yml", ".github/workflows/publish.yml", ".github/workflows/promote.yml", ".github/workflows/cleanup.yml"} {
		content, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = []byte(strings.ReplaceAll(string(content), "uses: $/", "uses: ./"))
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
