package meta

import "fmt"

// skippedActions contains the actions of a release for which the default rules publish
// nothing. The action "edited" is one of these actions, because an edit of a release does
// not change its Git tag. If an edit changes a prerelease to a release, GitHub also sends
// the action "released" (events-that-trigger-workflows, "release").
var skippedActions = map[string]string{
	"deleted":     "the release was deleted",
	"unpublished": "the release was unpublished",
	"edited":      "an edit of a release does not change the commit of the release",
}

// skipReason returns the reason why the event publishes nothing. skipReason
// returns nil if the event can publish an image.
func (e *engine) skipReason() *Skip {
	name, action := e.c.Event.Name, e.c.Event.Payload.text("action")
	switch reason := skippedActions[action]; {
	case e.kind == queueEvent:
		return &Skip{
			Reason: "the commit of a merge queue is not merged yet", Build: true,
			Hint: "The run has only opened the image to test it. GitHub starts a run for the push after the merge. To publish images of the merge queue, set the input tags.",
		}
	case name == "release" && reason != "":
		return &Skip{Reason: reason, Hint: fmt.Sprintf("Without the input tags, the action %s of a release publishes nothing. To publish an image, set the input tags.", action)}
	}
	return e.chartSkip()
}

// noTagsHint returns the hint for the user if no default rule gives a tag. The
// hint never proposes a tag that belongs to releases, because the commit may
// come from a fork.
func (e *engine) noTagsHint() string {
	name := e.c.Event.Name
	if e.c.Event.Payload.truth("deleted") {
		return "A push that deletes a branch or a Git tag publishes nothing. Add a condition to the step: if: ${{ !github.event.deleted }}."
	}
	return fmt.Sprintf("Write the tags for this event in the input tags. To publish nothing for this event, set dry-run: ${{ github.event_name == '%s' }}.", name)
}
