package meta

import (
	"fmt"
	"slices"
)

// ownBranch are the events whose ref is what the run is about. All others
// report the default branch, whatever they are about.
var ownBranch = []string{"push", "pull_request", "merge_group", "schedule", "workflow_dispatch", "release", "create", "delete", "registry_package", "deployment", "deployment_status"}

// surprise warns of a rule that took the ref for what is being built.
func (e *engine) surprise(r rule) {
	name, ref := e.c.Event.Name, e.c.Event.Ref
	switch {
	case e.ours:
	case name == "merge_group":
		e.warn("event-merge-group", "a merge queue's branch becomes a tag",
			fmt.Sprintf("The rule %q uses %s, a branch that is gone when the queue is done. Leave the rule out for this event.", r.text, ref))
	case !slices.Contains(ownBranch, name):
		e.warn("event-default-branch", fmt.Sprintf("event %s reports %s, whatever it is about", name, ref),
			fmt.Sprintf("The rule %q takes what is built for that branch. If it is not, name the tag with type=raw or set enable.", r.text))
	}
}
