package cmd_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestOutputsThatCannotBeSetFailTheRun: a later step must not deploy nothing.
func TestOutputsThatCannotBeSetFailTheRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GITHUB_OUTPUT"] = filepath.Join(s.dir, "no", "such", "folder")
	source, _ := layout(t)
	s.with("source", source).run().wroteNothing().failsWith("output-file-unwritable", "cannot be written")
}

// TestSummaryThatCannotBeWrittenIsAWarning: the image is published all the
// same.
func TestSummaryThatCannotBeWrittenIsAWarning(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GITHUB_STEP_SUMMARY"] = filepath.Join(s.dir, "no", "such", "folder")
	source, digest := layout(t)
	r := s.with("source", source).run().succeeds().hasOutputs("digest", digest, "pushed", "true")
	if !strings.Contains(r.stdout, "::warning title=The job summary could not be written::") {
		r.fatal("no warning says so")
	}
}

func TestPostStepOfPublishDoesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GHCR_PUBLISH_STAGE"] = "post"
	if r := s.run().succeeds(); len(r.requests) > 0 || r.stdout != "" {
		r.fatal("the post step did something")
	}
}
