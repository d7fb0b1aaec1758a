package meta

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// ownBranch lists the events whose reported ref is the ref that the run builds.
// All events that are not in ownBranch report the default branch.
var ownBranch = []string{
	"push", "pull_request", "merge_group", "schedule", "workflow_dispatch", "release", "create", "delete",
	"registry_package", "deployment", "deployment_status",
}

// warnDefaultBranch warns of a rule that uses the ref as a tag if the event
// always reports the default branch or a temporary branch.
func (e *engine) warnDefaultBranch(r rule) {
	name, ref := e.c.Event.Name, e.c.Event.Ref
	switch {
	case e.ownDefaults:
	case name == "merge_group", strings.HasPrefix(ref, queueBranch):
		e.warnOnce(CodeEventMergeGroup, "the temporary branch of a merge queue becomes a tag",
			fmt.Sprintf("The rule %q uses the branch %s, and GitHub deletes this branch after the merge. Disable the rule for this event with the attribute enable.", r.text, ref))
	case !slices.Contains(ownBranch, name):
		e.warnOnce(CodeEventDefaultBranch, fmt.Sprintf("the event %s always reports the default branch %s", name, ref),
			fmt.Sprintf("The rule %q gives the image a tag for the default branch. If the run builds another ref, use type=raw, or disable the rule with the attribute enable.", r.text))
	}
}

// warnOtherCommit warns of a rule that uses the reported commit, if another commit caused
// the event.
func (e *engine) warnOtherCommit(r rule) {
	about := map[string][]string{
		"pull_request_target": {"pull_request", "head", "sha"},
		"workflow_run":        {"workflow_run", "head_sha"},
	}[e.c.Event.Name]
	if about == nil || e.c.FromCheckout {
		return
	}
	if sha := e.c.Event.Payload.text(about...); sha != "" && sha != e.c.Event.SHA {
		e.warnOnce(CodeEventOtherCommit, fmt.Sprintf("the commit %s caused the event %s, but the event reports the commit %s", sha, e.c.Event.Name, e.c.Event.SHA),
			fmt.Sprintf("The rule %q uses the reported commit. For a pull request, set DOCKER_METADATA_PR_HEAD_SHA: true to use the commit that caused the event.", r.text))
	}
}

// warnOnce adds a warning, unless the result already has a warning with the same
// code. Without warnOnce, many rules could add the same warning.
func (e *engine) warnOnce(code, title, text string) {
	if !slices.ContainsFunc(e.result.Warnings, func(n diag.Notice) bool { return n.Code == code }) {
		e.warn(code, title, text)
	}
}
