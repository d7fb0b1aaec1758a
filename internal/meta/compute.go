package meta

import (
	"context"
	"errors"
	"strings"
)

// Compute follows docker/metadata-action, apart from [Differences]. Errors are
// of type *diag.Error where the inputs are to blame. A result without tags is
// no error here; see [Result.Check].
func Compute(ctx context.Context, in Inputs, c Context) (Result, error) {
	c.Event = rewrite(c)
	e, badInputs := newEngine(ctx, in, c)
	rules, badTags := parseRules(in.Tags, in.References)
	if err := errors.Join(badInputs, badTags); err != nil {
		return Result{}, err
	}
	return e.finish(rules)
}

// finish evaluates the rules, then what depends on the version.
func (e *engine) finish(rules []rule) (Result, error) {
	err := e.run(rules)
	if err != nil {
		return Result{}, err
	}
	e.result.Levels = levels(e.c.AnnotationLevels)
	if e.result.Labels, err = e.pairs("labels", e.in.Labels); err != nil {
		return Result{}, err
	}
	if e.result.Annotations, err = e.pairs("annotations", e.in.Annotations); err != nil {
		return Result{}, err
	}
	e.limits(e.result.Annotations)
	return e.result, nil
}

// levels splits DOCKER_METADATA_ANNOTATIONS_LEVELS.
func levels(text string) []string {
	if text == "" {
		text = "manifest"
	}
	return strings.Split(text, ",")
}

// rewrite changes the event as docker/metadata-action does before it looks at
// it: a pull_request_target run is about its pull request, and the commit may
// be the pull request's head.
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
