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

func TestWorkflowsKeepTheRules(t *testing.T) {
	t.Parallel()
	for name, f := range workflows(t) {
		for _, problem := range problems(f) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// An action is reviewed once: two workflows that pin it differently ran code that
// nobody compared.
func TestActionsArePinnedAlike(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, f := range workflows(t) {
		for _, j := range f.Jobs {
			for _, s := range j.Steps {
				action, pin, _ := strings.Cut(s.Uses, "@")
				if before := seen[action]; pin != "" && before != "" && before != pin {
					t.Errorf("%s:%d: %s is pinned to %s here and to %s elsewhere", name, s.line, action, pin, before)
				}
				seen[action] = pin
			}
		}
	}
}

// problems lists what is wrong with a workflow, in a fixed order.
func problems(f file) []string {
	var out []string
	if !readOnly(f.Permissions) {
		out = append(out, "top-level permissions must be {} or contents: read; jobs ask for more themselves")
	}
	if names(f.On, "pull_request_target") || names(f.On, "workflow_run") {
		out = append(out, "runs with a writing token on what strangers propose")
	}
	for _, id := range slices.Sorted(maps.Keys(f.Jobs)) {
		j := f.Jobs[id]
		if j.Permissions.IsZero() {
			out = append(out, fmt.Sprintf("job %s: no permissions", id))
		}
		if j.Timeout == nil && j.Uses == "" {
			out = append(out, fmt.Sprintf("job %s: no timeout-minutes", id))
		}
		for _, s := range j.Steps {
			for _, problem := range stepProblems(s) {
				out = append(out, fmt.Sprintf("line %d: %s", s.line, problem))
			}
		}
	}
	return out
}

// names reports whether on: holds the event, however it is written.
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
	// $/ is the very commit that the workflow is from.
	if s.Uses != "" && !strings.HasPrefix(s.Uses, "./") && !strings.HasPrefix(s.Uses, "$/") {
		if !pinned.MatchString(s.Uses) {
			out = append(out, s.Uses+" is not pinned to a full commit id")
		}
		if !version.MatchString(s.usesComment) {
			out = append(out, s.Uses+" does not say its version in a comment")
		}
	}
	if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
		out = append(out, "checkout leaves the token in the clone: persist-credentials: false")
	}
	if strings.Contains(s.Run, "${{") {
		out = append(out, "an expression inside a script: pass it through env")
	}
	return out
}

func TestProblemsAreFound(t *testing.T) {
	t.Parallel()
	const good = "      - uses: actions/checkout@0123456789012345678901234567890123456789 # v7.0.0\n        with: {persist-credentials: false}\n"
	const head = "permissions: {}\njobs:\n  a:\n    permissions: {contents: read}\n    timeout-minutes: 5\n    steps:\n"
	cases := []struct {
		name, text string
		want       []string
	}{
		{"nothing", head + good, nil},
		{"contents: read at the top", strings.Replace(head, "{}", "{contents: read}", 1) + good, nil},
		{
			"no permissions anywhere", "jobs:\n  a:\n    timeout-minutes: 5\n    steps:\n" + good,
			[]string{"top-level permissions must be {} or contents: read; jobs ask for more themselves", "job a: no permissions"},
		},
		{"write-all", strings.Replace(head, "{}", "write-all", 1) + good, []string{"top-level permissions must be {} or contents: read; jobs ask for more themselves"}},
		{"write at the top", strings.Replace(head, "{}", "{packages: write}", 1) + good, []string{"top-level permissions must be {} or contents: read; jobs ask for more themselves"}},
		{"a stranger's code with our token", "on: [push, pull_request_target]\n" + head + good, []string{"runs with a writing token on what strangers propose"}},
		{"the same as a mapping", "on:\n  workflow_run:\n    workflows: [ci]\n" + head + good, []string{"runs with a writing token on what strangers propose"}},
		{"no time limit", strings.Replace(head, "    timeout-minutes: 5\n", "", 1) + good, []string{"job a: no timeout-minutes"}},
		{
			"a tag for a pin", head + "      - uses: actions/setup-go@v6 # v6.4.0\n",
			[]string{"line 7: actions/setup-go@v6 is not pinned to a full commit id"},
		},
		{
			"a pin without its version", head + "      - uses: actions/setup-go@0123456789012345678901234567890123456789\n",
			[]string{"line 7: actions/setup-go@0123456789012345678901234567890123456789 does not say its version in a comment"},
		},
		{
			"an image by tag", head + "      - uses: docker://alpine:3 # v3.0.0\n",
			[]string{"line 7: docker://alpine:3 is not pinned to a full commit id"},
		},
		{"our own action", head + "      - uses: ./\n", nil},
		{"our own action from a reusable workflow", head + "      - uses: $/.github/actions/push\n", nil},
		{
			"a checkout that keeps the token", head + strings.Replace(good, "false", "true", 1),
			[]string{"line 7: checkout leaves the token in the clone: persist-credentials: false"},
		},
		{
			"an expression in a script", head + "      - run: echo ${{ github.event.pull_request.title }}\n",
			[]string{"line 7: an expression inside a script: pass it through env"},
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
