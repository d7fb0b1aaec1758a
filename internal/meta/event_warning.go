package meta

import (
	"fmt"
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// ownBranch are the events whose ref is the ref that the run builds. All other
// events report the default branch.
var ownBranch = []string{
	"push", "pull_request", "merge_group", "schedule", "workflow_dispatch", "release", "create", "delete",
	"registry_package", "deployment", "deployment_status",
}

// warnDefaultBranch warns of a rule that uses the ref as the name of the build,
// although the event reports the default branch or a temporary branch.
func (e *engine) warnDefaultBranch(r rule) {
	name, ref := e.c.Event.Name, e.c.Event.Ref
	switch {
	case e.ownDefaults:
	case name == "merge_group":
		e.warnOnce("event-merge-group", "a merge queue's branch becomes a tag",
			fmt.Sprintf("The rule %q uses %s, a branch that is gone when the queue is done. Leave the rule out for this event.", r.text, ref))
	case !slices.Contains(ownBranch, name):
		e.warnOnce("event-default-branch", fmt.Sprintf("event %s reports %s, whatever it is about", name, ref),
			fmt.Sprintf("The rule %q takes what is built for that branch. If it is not, name the tag with type=raw or set enable.", r.text))
	}
}

// warnOtherCommit warns of a rule that uses the commit of the event, although
// the event concerns another commit.
func (e *engine) warnOtherCommit(r rule) {
	about := map[string][]string{
		"pull_request_target": {"pull_request", "head", "sha"},
		"workflow_run":        {"workflow_run", "head_sha"},
	}[e.c.Event.Name]
	if about == nil || e.c.FromCheckout {
		return
	}
	if sha := e.c.Event.Payload.text(about...); sha != "" && sha != e.c.Event.SHA {
		e.warnOnce("event-other-commit", fmt.Sprintf("event %s is about commit %s and reports %s", e.c.Event.Name, sha, e.c.Event.SHA),
			fmt.Sprintf("The rule %q names the latter. For pull requests, DOCKER_METADATA_PR_HEAD_SHA: true makes it the former.", r.text))
	}
}

// warnOnce adds a warning if the result has no warning with the same code,
// because many rules can cause the same warning.
func (e *engine) warnOnce(code, title, text string) {
	if !slices.ContainsFunc(e.result.Warnings, func(n diag.Notice) bool { return n.Code == code }) {
		e.warn(code, title, text)
	}
}
