package meta

import (
	"context"
	"errors"
	"strings"
)

// Compute computes the result as docker/metadata-action does, except for the
// entries of [Differences]. If the inputs cause an error, the error holds one
// *diag.Error per faulty input, and one per faulty rule. Compute returns no error for a result without
// tags; see [Result.Check].
func Compute(ctx context.Context, in Inputs, c Context) (Result, error) {
	c.Event = rewrite(c)
	e, badInputs := newEngine(ctx, in, c)
	rules, badTags := parseRules(in.Tags, in.Strict)
	if err := errors.Join(badInputs, badTags); err != nil {
		return Result{}, err
	}
	return e.finish(rules)
}

// finish evaluates the rules, and then the labels and annotations, which depend
// on the version.
func (e *engine) finish(rules []rule) (Result, error) {
	err := e.run(rules)
	if err != nil {
		return Result{}, err
	}
	e.warnChartTags()
	if e.ownDefaults {
		e.noticeVersionInGitTag()
	}
	e.result.Levels = levels(e.c.AnnotationLevels)
	if e.result.Labels, err = e.pairs("labels", e.in.Labels); err != nil {
		return Result{}, err
	}
	if e.result.Annotations, err = e.pairs("annotations", e.in.Annotations); err != nil {
		return Result{}, err
	}
	e.warnLongLabels(e.result.Annotations)
	return e.result, nil
}

// levels splits the text of DOCKER_METADATA_ANNOTATIONS_LEVELS.
func levels(text string) []string {
	if text == "" {
		text = "manifest"
	}
	return strings.Split(text, ",")
}

// rewrite changes the event as docker/metadata-action does before it evaluates
// rules. The ref of a pull_request_target event becomes the ref of its pull
// request. If DOCKER_METADATA_PR_HEAD_SHA is true, the commit becomes the head
// of the pull request.
func rewrite(c Context) Event {
	event := c.Event
	if c.FromCheckout {
		return event
	}
	if strings.Contains(event.Name, "pull_request_target") {
		if n := event.Payload.number("number"); n != "" {
			event.Ref = "refs/pull/" + n + "/merge"
		}
	}
	if strings.Contains(strings.ToLower(c.PRHeadSHA), "true") && strings.Contains(event.Name, "pull_request") {
		if sha := event.Payload.text("pull_request", "head", "sha"); sha != "" {
			event.SHA = sha
		}
	}
	return event
}
