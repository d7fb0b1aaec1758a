package cmd_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// Without outputs, a later step would deploy nothing, so the run fails.
func TestOutputsThatCannotBeSetFailTheRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GITHUB_OUTPUT"] = filepath.Join(s.dir, "no", "such", "folder")
	source, _ := layout(t)
	s.with("source", source).run().wroteNothing().failsWith("output-file-unwritable")
}

// A run without a summary still publishes the image.
func TestSummaryThatCannotBeWrittenIsAWarning(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GITHUB_STEP_SUMMARY"] = filepath.Join(s.dir, "no", "such", "folder")
	source, digest := layout(t)
	r := s.with("source", source).run().succeeds().hasOutputs("digest", digest, "pushed", "true")
	if !strings.Contains(r.stdout, "::warning title=The job summary could not be written::") {
		r.fatal("the log contains no warning about the summary")
	}
}

func TestPostStepOfPublishDoesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GHCR_PUBLISH_STAGE"] = "post"
	if r := s.run().succeeds(); len(r.requests) > 0 || r.stdout != "" {
		r.fatal("the post step sent a request or printed text")
	}
}
