package meta

import (
	"context"
	"errors"
	"strings"
)

// Compute computes the result as docker/metadata-action does, except for the
// entries of [Differences]. If inputs are invalid, the returned error contains
// one *diag.Error for each invalid input and for each invalid rule. Compute
// returns no error for a result without tags. To get an error in this case, call
// [Result.Check].
func Compute(ctx context.Context, in Inputs, c Context) (Result, error) {
	c.Event = rewrite(c)
	e, badInputs := newEngine(ctx, in, c)
	rules, badTags := parseRules(in.Tags, in.Strict)
	if err := errors.Join(badInputs, badTags); err != nil {
		return Result{}, err
	}
	return e.finish(rules)
}

// finish evaluates the rules, and then the labels and annotations, because
// labels contain the version.
func (e *engine) finish(rules []rule) (Result, error) {
	err := e.run(rules)
	if err != nil {
		return Result{}, err
	}
	e.warnChartTags()
	e.warnChartVersion()
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

// levels returns the levels in the environment variable
// DOCKER_METADATA_ANNOTATIONS_LEVELS.
func levels(text string) []string {
	if text == "" {
		text = "manifest"
	}
	return strings.Split(text, ",")
}

// rewrite changes the event in the same way as docker/metadata-action, which
// does this before the evaluation of rules. The ref of a pull_request_target
// event becomes the ref of its pull request. If DOCKER_METADATA_PR_HEAD_SHA is
// true, the commit becomes the head of the pull request.
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
