package ci

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestWorkflowsFollowTheRules(t *testing.T) {
	t.Parallel()
	for name, f := range workflows(t) {
		for _, problem := range withoutInherited(name, problems(f)) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// A review of an action applies to one commit. If two workflows pin the action to
// different commits, the workflows run different code.
func TestEachActionHasOnePin(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, f := range workflows(t) {
		for _, j := range f.Jobs {
			for _, s := range j.Steps {
				action, pin, _ := strings.Cut(s.Uses, "@")
				if before := seen[action]; pin != "" && before != "" && before != pin {
					t.Errorf("%s:%d: %s is pinned to %s, but another workflow pins it to %s", name, s.line, action, pin, before)
				}
				seen[action] = pin
			}
		}
	}
}

// inherited lists the violations of a reusable workflow whose jobs get the permissions of the
// caller (docs/runner.md, Permissions of GITHUB_TOKEN). push_test.go checks these jobs.
var inherited = map[string][]string{"publish.yml": {
	"top-level permissions must be {} or contents: read; request other permissions in the jobs",
	"job merge has no permissions", "job release has no permissions",
}}

func withoutInherited(name string, problems []string) []string {
	return slices.DeleteFunc(problems, func(p string) bool { return slices.Contains(inherited[name], p) })
}

// problems returns the violations of a workflow in a fixed order.
func problems(f file) []string {
	var out []string
	if !readOnly(f.Permissions) {
		out = append(out, "top-level permissions must be {} or contents: read; request other permissions in the jobs")
	}
	if names(f.On, "pull_request_target") || names(f.On, "workflow_run") {
		out = append(out, "an event gives a write token to untrusted code")
	}
	for _, id := range slices.Sorted(maps.Keys(f.Jobs)) {
		j := f.Jobs[id]
		if j.Permissions.IsZero() {
			out = append(out, fmt.Sprintf("job %s has no permissions", id))
		}
		if j.Timeout == nil && j.Uses == "" {
			out = append(out, fmt.Sprintf("job %s has no timeout-minutes", id))
		}
		for _, s := range j.Steps {
			for _, problem := range stepProblems(s) {
				out = append(out, fmt.Sprintf("line %d: %s", s.line, problem))
			}
		}
	}
	return out
}

// names reports whether the value of the key "on" contains the event. The value can be a
// text, a list or a mapping.
func names(on yaml.Node, event string) bool {
	return on.Value == event || slices.ContainsFunc(on.Content, func(n *yaml.Node) bool { return n.Value == event })
}

func readOnly(permissions yaml.Node) bool {
	var p map[string]string
	if permissions.Decode(&p) != nil || p == nil {
		return false
	}
	return len(p) == 0 || len(p) == 1 && p["contents"] == "read"
}

var (
	pinned  = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	version = regexp.MustCompile(`^# v\d+\.\d+\.\d+$`)
)

func stepProblems(s step) []string {
	var out []string
	// A path with the prefix $/ refers to the commit of the workflow itself.
	if s.Uses != "" && !strings.HasPrefix(s.Uses, "./") && !strings.HasPrefix(s.Uses, "$/") {
		if !pinned.MatchString(s.Uses) {
			out = append(out, s.Uses+" is not pinned to a full commit id")
		}
		if !version.MatchString(s.usesComment) {
			out = append(out, s.Uses+" has no comment with its version")
		}
	}
	if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
		out = append(out, "actions/checkout keeps the token in the clone; set persist-credentials: false")
	}
	if strings.Contains(s.Run, "${{") {
		out = append(out, "a script contains an expression; pass the value through env")
	}
	return out
}

// A branch that a workflow pushes with force loses commits to which lock files of users
// refer. Only the tags v1 and v1.2 move.
func TestNoWorkflowPushesABranchWithForce(t *testing.T) {
	t.Parallel()
	pushes := 0
	for name, f := range workflows(t) {
		for _, j := range f.Jobs {
			for _, s := range j.Steps {
				for line := range strings.Lines(s.Run) {
					if !strings.Contains(line, "git push") {
						continue
					}
					pushes++
					if forcedBranch(line) {
						t.Errorf("%s:%d: a branch is pushed with force: %s", name, s.line, line)
					}
				}
			}
		}
	}
	if pushes == 0 {
		t.Error("no workflow pushes; the test no longer finds the pushes of release.yml")
	}
}

var forceFlag = regexp.MustCompile(`\s(-f|--force\S*|--mirror)(\s|$)`)

// forcedBranch reports whether a git push replaces a branch that is not an ancestor.
func forcedBranch(line string) bool {
	branch := strings.Contains(line, "refs/heads/") || !strings.Contains(line, "refs/tags/")
	return branch && (forceFlag.MatchString(line) || regexp.MustCompile(`["'\s]\+\S*refs/heads/`).MatchString(line))
}

func TestForcedBranchesAreFound(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		`git push origin "$C:refs/tags/v1.2.3" "+$C:refs/heads/releases/v1"`: true,
		`git push origin "$C:refs/tags/v1.2.3" "$C:refs/heads/releases/v1"`:  false,
		`git push --force origin "$C:refs/heads/releases/v1"`:                true,
		`git push --force-with-lease origin main`:                            true,
		`git push -f`: true,
		`git push --force origin "$C:refs/tags/v1"`: false,
	} {
		if got := forcedBranch(line); got != want {
			t.Errorf("%s: got %v, want %v", line, got, want)
		}
	}
}

func TestRuleViolationsAreFound(t *testing.T) {
	t.Parallel()
	const good = "      - uses: actions/checkout@0123456789012345678901234567890123456789 # v7.0.0\n        with: {persist-credentials: false}\n"
	const head = "permissions: {}\njobs:\n  a:\n    permissions: {contents: read}\n    timeout-minutes: 5\n    steps:\n"
	cases := []struct {
		name, text string
		want       []string
	}{
		{"no violation", head + good, nil},
		{"contents: read at the top", strings.Replace(head, "{}", "{contents: read}", 1) + good, nil},
		{
			"no permissions anywhere", "jobs:\n  a:\n    timeout-minutes: 5\n    steps:\n" + good,
			[]string{"top-level permissions must be {} or contents: read; request other permissions in the jobs", "job a has no permissions"},
		},
		{"write-all", strings.Replace(head, "{}", "write-all", 1) + good, []string{"top-level permissions must be {} or contents: read; request other permissions in the jobs"}},
		{"write at the top", strings.Replace(head, "{}", "{packages: write}", 1) + good, []string{"top-level permissions must be {} or contents: read; request other permissions in the jobs"}},
		{"untrusted code with a write token", "on: [push, pull_request_target]\n" + head + good, []string{"an event gives a write token to untrusted code"}},
		{"an event in a mapping", "on:\n  workflow_run:\n    workflows: [ci]\n" + head + good, []string{"an event gives a write token to untrusted code"}},
		{"no timeout", strings.Replace(head, "    timeout-minutes: 5\n", "", 1) + good, []string{"job a has no timeout-minutes"}},
		{
			"a tag instead of a pin", head + "      - uses: actions/setup-go@v6 # v6.4.0\n",
			[]string{"line 7: actions/setup-go@v6 is not pinned to a full commit id"},
		},
		{
			"a pin without its version", head + "      - uses: actions/setup-go@0123456789012345678901234567890123456789\n",
			[]string{"line 7: actions/setup-go@0123456789012345678901234567890123456789 has no comment with its version"},
		},
		{
			"an image by tag", head + "      - uses: docker://alpine:3 # v3.0.0\n",
			[]string{"line 7: docker://alpine:3 is not pinned to a full commit id"},
		},
		{"the action of this repository", head + "      - uses: ./\n", nil},
		{"the action of this repository in a reusable workflow", head + "      - uses: $/.github/actions/push\n", nil},
		{
			"a checkout that keeps the token", head + strings.Replace(good, "false", "true", 1),
			[]string{"line 7: actions/checkout keeps the token in the clone; set persist-credentials: false"},
		},
		{
			"an expression in a script", head + "      - run: echo ${{ github.event.pull_request.title }}\n",
			[]string{"line 7: a script contains an expression; pass the value through env"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := problems(parse(t, []byte(c.text))); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
