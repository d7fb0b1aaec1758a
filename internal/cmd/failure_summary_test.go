package cmd_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// A person reads the job summary first, so each failure must be in it.
func TestEveryCommandWritesASummaryOfAWrongInput(t *testing.T) {
	t.Parallel()
	commands := []input.Command{
		input.Publish, input.Merge, input.Promote, input.Metadata, input.Pull, input.Inspect, input.Login, input.Check, input.Migrate,
	}
	for _, command := range commands {
		t.Run(string(command), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).with("command", string(command), "timeout", "soon")
			r := s.run().failsWith("input-value", `The input timeout is "soon"`)
			if got := r.summary; strings.Count(got, "## ") != 1 || !strings.Contains(got, "The command "+string(command)+" failed") || !strings.Contains(got, "input-value") {
				t.Errorf("the summary is %q", got)
			}
		})
	}
}

func TestAFailureBeforeTheResultHasOneSummary(t *testing.T) {
	t.Parallel()
	r := newStage(t, acme()).with("command", "metadata", "tags", "type=nonsense").run().failsWith("tag-type")
	if strings.Count(r.summary, "## ") != 1 || !strings.Contains(r.summary, "tag-type") {
		t.Errorf("the summary is %q", r.summary)
	}
}

func TestSummaryCanBeTurnedOffForFailures(t *testing.T) {
	t.Parallel()
	r := newStage(t, acme()).with("timeout", "soon", "summary", "false").run().failsWith("input-value")
	if r.summary != "" {
		t.Errorf("the summary is %q", r.summary)
	}
}
