package ci

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The rules in rules_test.go apply only to workflows. The rules in this file also apply
// to actions. The source of these rules is GitHub's "Security hardening for GitHub
// Actions".

// The rules apply to every workflow, to the action and to the composite actions.
func TestWorkflowsAndActionsFollowTheSecurityRules(t *testing.T) {
	t.Parallel()
	for _, path := range automationFiles(t) {
		raw, err := os.ReadFile(filepath.Join(top, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range securityProblems(t, raw) {
			t.Errorf("%s: %s", path, problem)
		}
	}
}

// automationFiles returns the paths of all workflow files and action manifests,
// relative to the top of the clone. GitHub reads both .yml and .yaml.
func automationFiles(t *testing.T) []string {
	t.Helper()
	paths := []string{"action.yml"}
	for _, pattern := range []string{
		".github/workflows/*.yml", ".github/workflows/*.yaml",
		".github/actions/*/action.yml", ".github/actions/*/action.yaml",
	} {
		found, err := filepath.Glob(filepath.Join(top, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			relative, err := filepath.Rel(top, path)
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, relative)
		}
	}
	return paths
}

// The rules do not apply to a file that automationFiles does not find.
func TestAutomationFilesAreFound(t *testing.T) {
	t.Parallel()
	got := automationFiles(t)
	for _, want := range []string{"action.yml", ".github/workflows/ci.yml", ".github/actions/push/action.yml"} {
		if !slices.Contains(got, filepath.FromSlash(want)) {
			t.Errorf("%s is not among the checked files %q", want, got)
		}
	}
}

// securityProblems returns the violations in the text of one workflow or action
// manifest, in the order of the text.
func securityProblems(t *testing.T, raw []byte) []string {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Content) == 0 {
		t.Fatal("the file is empty")
	}
	root := document.Content[0]
	out := permissionProblems(root)
	jobs := entry(root, "jobs")
	if jobs == nil {
		return append(out, stepsProblems(entry(entry(root, "runs"), "steps"))...)
	}
	out = append(out, concurrencyProblems(root)...)
	for i := 0; i+1 < len(jobs.Content); i += 2 {
		job := jobs.Content[i+1]
		out = append(out, permissionProblems(job)...)
		out = append(out, callProblems(job)...)
		out = append(out, stepsProblems(entry(job, "steps"))...)
	}
	return out
}

// entry returns the value of a key of a mapping, or nil.
func entry(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// scalar returns the text of the value of a key of a mapping, or "".
func scalar(mapping *yaml.Node, key string) string {
	if value := entry(mapping, key); value != nil {
		return value.Value
	}
	return ""
}

// permissionProblems requires a list of scopes, and a comment with the reason after each
// write scope. It reports the shorthands write-all and read-all, which name no scope.
func permissionProblems(node *yaml.Node) []string {
	permissions := entry(node, "permissions")
	if permissions == nil {
		return nil
	}
	if permissions.Kind != yaml.MappingNode {
		return []string{fmt.Sprintf("line %d: permissions: %s names no scopes; list the scopes", permissions.Line, permissions.Value)}
	}
	var out []string
	for i := 0; i+1 < len(permissions.Content); i += 2 {
		scope, level := permissions.Content[i], permissions.Content[i+1]
		if level.Value == "write" && level.LineComment == "" {
			out = append(out, fmt.Sprintf("line %d: %s: write has no comment that gives the reason", scope.Line, scope.Value))
		}
	}
	return out
}

// concurrencyProblems requires a concurrency group for a workflow that an event starts.
// A reusable workflow needs no group, because the caller knows which calls may run
// concurrently. The caller can set a group for the calling job.
func concurrencyProblems(workflow *yaml.Node) []string {
	on := entry(workflow, "on")
	if on == nil || names(*on, "workflow_call") || entry(workflow, "concurrency") != nil {
		return nil
	}
	return []string{"no concurrency group: two runs for the same ref can run at the same time"}
}

// callProblems checks a job that calls a reusable workflow.
func callProblems(job *yaml.Node) []string {
	uses := entry(job, "uses")
	if uses == nil {
		return nil
	}
	var out []string
	if !local(uses.Value) && !pinned.MatchString(uses.Value) {
		out = append(out, fmt.Sprintf("line %d: %s is not pinned to a full commit id", uses.Line, uses.Value))
	}
	if scalar(job, "secrets") == "inherit" {
		out = append(out, fmt.Sprintf("line %d: secrets: inherit hands over every secret; pass the needed secrets by name", uses.Line))
	}
	return out
}

// local reports whether the value of a key "uses" names a file of this repository at the
// same commit.
func local(uses string) bool {
	return strings.HasPrefix(uses, "./") || strings.HasPrefix(uses, "$/")
}

// stepsProblems checks the steps of a job or of a composite action.
func stepsProblems(steps *yaml.Node) []string {
	if steps == nil {
		return nil
	}
	var out []string
	for _, step := range steps.Content {
		for _, script := range scripts(step) {
			for _, name := range untrusted(script.Value) {
				out = append(out, fmt.Sprintf("line %d: the untrusted value %s is part of a script; pass it through env", script.Line, name))
			}
		}
		uses := entry(step, "uses")
		if uses == nil {
			continue
		}
		if !local(uses.Value) && !pinned.MatchString(uses.Value) {
			out = append(out, fmt.Sprintf("line %d: %s is not pinned to a full commit id", uses.Line, uses.Value))
		}
		if strings.HasPrefix(uses.Value, "actions/checkout@") && scalar(entry(step, "with"), "persist-credentials") != "false" {
			out = append(out, fmt.Sprintf("line %d: actions/checkout keeps the token in the clone; set persist-credentials: false", uses.Line))
		}
	}
	return out
}

// scripts returns the texts of a step that an interpreter runs. These texts are the values
// of the keys "run" and "shell", and the input "script" of actions/github-script.
func scripts(step *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	for _, key := range []string{"run", "shell"} {
		if text := entry(step, key); text != nil {
			out = append(out, text)
		}
	}
	if strings.HasPrefix(scalar(step, "uses"), "actions/github-script@") {
		if text := entry(entry(step, "with"), "script"); text != nil {
			out = append(out, text)
		}
	}
	return out
}

var (
	expression = regexp.MustCompile(`(?s)\$\{\{(.*?)\}\}`)
	// attackerControlled matches contexts whose values another person can set. These
	// contexts are event fields, branch names, inputs, matrix values, outputs and
	// variables. GitHub ignores the case of context names. GitHub also accepts an index
	// instead of a dot: github['event'] and github.event are the same context.
	attackerControlled = regexp.MustCompile(`(?i)\b(?:` +
		`github\s*(?:\.\s*|\[\s*')(?:event|head_ref|base_ref|ref_name|ref|actor|triggering_actor)\b(?:'\s*\])?` +
		`|(?:inputs|steps|needs|env|matrix|vars|secrets)\s*[.\[]` +
		`|toJSON\s*\(\s*(?:github|inputs|steps|needs|env|matrix|vars|secrets)\b)`)
)

// untrusted returns the expressions in a text that contain an attacker-controlled
// context. The expressions are sorted, and each expression occurs once.
func untrusted(text string) []string {
	found := map[string]bool{}
	for _, e := range expression.FindAllStringSubmatch(text, -1) {
		if attackerControlled.MatchString(e[1]) {
			found[strings.TrimSpace(e[1])] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// pinSHA is a full commit id for the test cases.
const pinSHA = "0123456789012345678901234567890123456789"

func TestSecurityViolationsAreFound(t *testing.T) {
	t.Parallel()
	const head = "on: push\nconcurrency: {group: a}\npermissions: {}\njobs:\n  a:\n"
	const steps = head + "    steps:\n"
	const composite = "runs:\n  using: composite\n  steps:\n"
	cases := []struct {
		name, text string
		want       []string
	}{
		{"a clean workflow", steps + "      - uses: actions/checkout@" + pinSHA + "\n        with: {persist-credentials: false}\n      - run: go test ./...\n", nil},
		{"a JavaScript action", "runs:\n  using: node24\n  main: main.js\n", nil},
		{"an event field in a script", steps + "      - run: echo ${{ github.event.issue.title }}\n", []string{
			"line 7: the untrusted value github.event.issue.title is part of a script; pass it through env",
		}},
		{"a branch name in a script", steps + "      - run: echo ${{ github.head_ref }}\n", []string{
			"line 7: the untrusted value github.head_ref is part of a script; pass it through env",
		}},
		{"an input in a shell", steps + "      - shell: bash ${{ inputs.flags }} {0}\n        run: echo\n", []string{
			"line 7: the untrusted value inputs.flags is part of a script; pass it through env",
		}},
		{"an event field in actions/github-script", steps + "      - uses: actions/github-script@" + pinSHA + "\n        with:\n          script: core.info('${{ github.event.comment.body }}')\n", []string{
			"line 9: the untrusted value github.event.comment.body is part of a script; pass it through env",
		}},
		{"an input in a composite action", composite + "    - run: echo ${{ inputs.name }}\n      shell: bash\n", []string{
			"line 4: the untrusted value inputs.name is part of a script; pass it through env",
		}},
		{"an event field in env", steps + "      - run: echo \"$TITLE\"\n        env: {TITLE: \"${{ github.event.issue.title }}\"}\n", nil},
		{"a tag instead of a pin in a composite action", composite + "    - uses: actions/cache@v5\n", []string{
			"line 4: actions/cache@v5 is not pinned to a full commit id",
		}},
		{"a checkout that keeps the token in a composite action", composite + "    - uses: actions/checkout@" + pinSHA + "\n", []string{
			"line 4: actions/checkout keeps the token in the clone; set persist-credentials: false",
		}},
		{"a reusable workflow of a branch", head + "    uses: acme/ci/.github/workflows/ci.yml@main\n", []string{
			"line 6: acme/ci/.github/workflows/ci.yml@main is not pinned to a full commit id",
		}},
		{"a pinned reusable workflow", head + "    uses: acme/ci/.github/workflows/ci.yml@" + pinSHA + "\n", nil},
		{"a reusable workflow of this repository", head + "    uses: ./.github/workflows/publish.yml\n", nil},
		{"all secrets for a reusable workflow", head + "    uses: ./.github/workflows/publish.yml\n    secrets: inherit\n", []string{
			"line 6: secrets: inherit hands over every secret; pass the needed secrets by name",
		}},
		{"write-all for a job", head + "    permissions: write-all\n", []string{
			"line 6: permissions: write-all names no scopes; list the scopes",
		}},
		{"read-all for the workflow", "on: push\nconcurrency: {group: a}\npermissions: read-all\njobs: {}\n", []string{
			"line 3: permissions: read-all names no scopes; list the scopes",
		}},
		{"a write scope without a reason", head + "    permissions:\n      contents: read\n      packages: write\n", []string{
			"line 8: packages: write has no comment that gives the reason",
		}},
		{"a write scope with a reason", head + "    permissions:\n      packages: write # pushes the image\n", nil},
		{"no concurrency group", "on: push\npermissions: {}\njobs: {}\n", []string{
			"no concurrency group: two runs for the same ref can run at the same time",
		}},
		{"a reusable workflow without a concurrency group", "on:\n  workflow_call:\npermissions: {}\njobs: {}\n", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := securityProblems(t, []byte(c.text)); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestUntrustedValuesAreRecognized(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       []string
	}{
		{"no expression", "echo $GITHUB_HEAD_REF github.head_ref", nil},
		{"an index instead of a dot", "${{ github['event'].issue.title }}", []string{"github['event'].issue.title"}},
		{"upper case", "${{ GITHUB.HEAD_REF }}", []string{"GITHUB.HEAD_REF"}},
		{"inside a function", "${{ format('{0}', inputs.name) }}", []string{"format('{0}', inputs.name)"}},
		{"a whole context", "${{ toJSON(github) }}", []string{"toJSON(github)"}},
		{"an output of a step", "${{ steps.title.outputs.text }}", []string{"steps.title.outputs.text"}},
		{"over two lines", "${{\n  github.event.ref }}", []string{"github.event.ref"}},
		{"twice", "${{ inputs.a }} ${{ inputs.a }}", []string{"inputs.a"}},
		{"a value that GitHub sets", "${{ github.sha }} ${{ runner.temp }} ${{ github.event_name }}", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := untrusted(c.text); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// .ci/run and the Dependabot configuration must each list all Go modules. A module that
// .ci/run does not list gets no checks. A module that Dependabot does not list gets no
// updates.
func TestEveryModuleIsListed(t *testing.T) {
	t.Parallel()
	var modules []string
	for _, pattern := range []string{"go.mod", ".github/*/go.mod", ".github/*/*/go.mod", "bench/*/go.mod"} {
		found, err := filepath.Glob(filepath.Join(top, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			folder, err := filepath.Rel(top, filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			modules = append(modules, filepath.ToSlash(folder))
		}
	}
	slices.Sort(modules)

	script, err := os.ReadFile(filepath.Join(top, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`(?m)^readonly modules=\((.*)\)$`).FindSubmatch(script)
	if listed == nil {
		t.Fatal(".ci/run has no list of modules")
	}
	if got := slices.Sorted(slices.Values(strings.Fields(string(listed[1])))); !slices.Equal(got, modules) {
		t.Errorf(".ci/run lists the modules %q, want %q", got, modules)
	}

	raw, err := os.ReadFile(filepath.Join(top, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directories []string
		}
	}
	if err := yaml.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, update := range config.Updates {
		if update.Ecosystem == "gomod" {
			for _, folder := range update.Directories {
				got = append(got, strings.TrimPrefix(folder, "/"))
			}
		}
	}
	for i, folder := range got {
		if folder == "" {
			got[i] = "."
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, modules) {
		t.Errorf("dependabot.yml lists the modules %q, want %q", got, modules)
	}
}
