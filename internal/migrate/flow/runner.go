package flow

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ghcr-publish/ghcr-publish/internal/migrate/expr"
)

// Shell returns the shell that runs the script of a step. Shell returns "" for the
// default shell of a runner that does not use Windows. If the step uses the default
// shell, and if it is unknown whether the runner uses Windows, the result "known" is
// false.
func (s *Step) Shell() (shell string, known bool) {
	for _, shell := range []string{s.shell, s.Job.shell, s.Job.Doc.shell} {
		if shell != "" {
			return shell, true
		}
	}
	switch windows, known := s.Job.onWindows(); {
	case windows:
		return "pwsh", true
	default:
		return "", known
	}
}

// onWindows reports whether all runners of the job use Windows. The result "known" is
// false if only a run knows the runner, or if only some runners use Windows.
func (j *Job) onWindows() (windows, known bool) {
	if j.runner == nil {
		j.runner = &runner{}
		j.runner.windows, j.runner.known = j.readRunner()
	}
	return j.runner.windows, j.runner.known
}

type runner struct{ windows, known bool }

func (j *Job) readRunner() (windows, known bool) {
	var labels strings.Builder
	Scalars(Value(j.Node, "runs-on"), func(n *yaml.Node) { labels.WriteString(" " + n.Value) })
	text := labels.String()
	if !strings.Contains(text, "${{") {
		return namesWindows(text), true
	}
	some, all := false, true
	for _, combo := range j.Combos() {
		v := expr.Eval(text, Scope{Job: j, Combo: combo}.Lookup)
		if !v.Known {
			return false, false
		}
		some = some || namesWindows(v.Text)
		all = all && namesWindows(v.Text)
	}
	return all, all || !some
}

func namesWindows(labels string) bool { return strings.Contains(strings.ToLower(labels), "windows") }
