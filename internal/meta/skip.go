package meta

import "fmt"

// skippedActions are the actions of a release for which the default rules publish
// nothing. An edited release has the same Git tag and the same commit. GitHub sends the
// action released if an edit makes a prerelease a release
// (events-that-trigger-workflows, "release").
var skippedActions = map[string]string{
	"deleted":     "the release was deleted",
	"unpublished": "the release was unpublished",
	"edited":      "an edit of a release does not change its commit",
}

// skipReason returns the reason why the event publishes nothing, or nil.
func (e *engine) skipReason() *Skip {
	name, action := e.c.Event.Name, e.c.Event.Payload.text("action")
	switch reason := skippedActions[action]; {
	case e.kind == queueEvent:
		return &Skip{
			Reason: "the commit of a merge queue is not merged yet", Build: true,
			Hint: "The run has opened the image to test it. GitHub starts a run for the push after the merge. To publish images of the merge queue, set the input tags.",
		}
	case name == "release" && reason != "":
		return &Skip{Reason: reason, Hint: fmt.Sprintf("Without the input tags, the action %s of a release publishes nothing. To publish an image, set the input tags.", action)}
	}
	return e.chartSkip()
}

// noTagsHint returns what the user can do if no default rule gives a tag. It never
// proposes a tag that belongs to releases, because the commit may come from a fork.
func (e *engine) noTagsHint() string {
	name := e.c.Event.Name
	if e.c.Event.Payload.truth("deleted") {
		return "A push that deletes a branch or a Git tag has nothing to publish. Add a condition to the step: if: ${{ !github.event.deleted }}."
	}
	return fmt.Sprintf("Write the tags for this event in the input tags, or publish nothing for it: dry-run: ${{ github.event_name == '%s' }}.", name)
}
