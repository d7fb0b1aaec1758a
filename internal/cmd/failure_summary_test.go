package cmd_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// stepCommands returns all commands of the action.
func stepCommands(t *testing.T) []string {
	t.Helper()
	in, ok := input.Find("command")
	if !ok || len(in.Values) == 0 {
		t.Fatal("the input command has no values")
	}
	return in.Values
}

// A person reads the job summary first, so each failure must be in it.
func TestEveryCommandWritesASummaryOfAWrongInput(t *testing.T) {
	t.Parallel()
	for _, command := range stepCommands(t) {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).with("command", command, "timeout", "soon")
			r := s.run().failsWith("input-value", `The input timeout has the invalid value "soon"`)
			heading := "The command " + command + " failed"
			if verb := map[string]string{"publish": "Publishing", "merge": "Merging", "promote": "Promoting", "attest": "Attesting"}[command]; verb != "" {
				heading = verb + " failed, and nothing was written"
			}
			if got := r.summary; strings.Count(got, "## ") != 1 || !strings.Contains(got, heading) || !strings.Contains(got, "input-value") {
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

func TestAWrongCommandHasASummary(t *testing.T) {
	t.Parallel()
	r := newStage(t, acme()).with("command", "publsh").run().failsWith("input-value")
	if strings.Count(r.summary, "## ") != 1 || !strings.Contains(r.summary, "Did you mean publish?") {
		t.Errorf("the summary is %q", r.summary)
	}
	if r := newStage(t, acme()).with("command", "publsh", "summary", "false").run().failsWith("input-value"); r.summary != "" {
		t.Errorf("the summary is %q", r.summary)
	}
}

// The run of some commands fails here for another reason, which does not matter. The
// commands "cleanup" and "verify" end with an error.
func TestEveryCommandNamesAnUnknownInputOnce(t *testing.T) {
	t.Parallel()
	for _, command := range stepCommands(t) {
		if command == "cleanup" {
			continue // An unknown input could be a rule that protects images, so it is an error.
		}
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			source, _ := layout(t)
			s := newStage(t, acme()).with("command", command, "colour", "blue")
			switch command {
			case "publish", "inspect":
				s.with("source", source)
			case "diff":
				s.with("source", source+"\n"+source)
			case "attest":
				s.with("source", s.server.Host()+"/acme/web")
			case "pull":
				s.with("source", s.server.Host()+"/acme/web", "verify-only", "true")
			case "verify":
				s.with("source", s.server.Host()+"/acme/web", "repo", "acme/web")
			case "promote":
				s.with("source", "1.2.3", "tags", "stable")
			case "merge":
				s.with("digests", "sha256:"+strings.Repeat("a", 64))
			case "migrate":
				s.with("paths", t.TempDir())
			}
			level := "warning"
			if command == "cleanup" || command == "verify" {
				level = "error"
			}
			var titles []string
			for _, a := range s.run().annotations() {
				if a.level == level && strings.Contains(a.title, `no input "colour"`) {
					titles = append(titles, a.title)
				}
			}
			if len(titles) != 1 {
				t.Errorf("the annotations with the level %s are %q, want one", level, titles)
			}
		})
	}
}
