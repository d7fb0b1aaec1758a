package cmd_test

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// TestLineBreaksInInputsAddNoRunnerCommand writes line breaks, delimiters and commands to
// the values of users and images that reach the log, the outputs and the summary. Each
// run checks that the log contains no other runner command (noRunnerCommand).
func TestLineBreaksInInputsAddNoRunnerCommand(t *testing.T) {
	t.Parallel()
	payloads := []string{
		"x\n::set-output name=digest::evil", "x\r\n::error::evil", "\u00a0::error::evil", "x ##[error]evil",
		"x\ndigest=evil\n", "x\nghcr_publish_\ndigest<<E\nevil\nE\n", "\u200b::error::evil", "#\u200b#[error]evil", "x\x1b[2Jevil", "<script>evil</script>|`evil`",
	}
	for i, evil := range payloads {
		inputs := map[string][]string{
			"source": {"source", evil},
			"tags":   {"tags", "type=raw,value=" + evil},
			"tag":    {"tags", evil},
			"image":  {"image", "ghcr.io/acme/" + evil},
			"value":  {"visibility", evil},
			"pick":   {"source", "@#" + evil},
		}
		for where, pair := range inputs {
			t.Run(fmt.Sprint(where, i), func(t *testing.T) {
				t.Parallel()
				s := newStage(t, acme())
				source, _ := layout(t)
				s.with("source", source)
				s.with(pair[0], strings.Replace(pair[1], "@", source, 1))
				for name, value := range s.run().outputs {
					if name != "json" && strings.TrimSpace(value) == "evil" {
						t.Errorf("the output %s was set by a value", name)
					}
				}
			})
		}
	}
}

// TestLineBreaksInTheEventAddNoRunnerCommand writes them to the values of an event.
func TestLineBreaksInTheEventAddNoRunnerCommand(t *testing.T) {
	t.Parallel()
	for i, evil := range []string{"x\n::error::evil", "x ##[error]evil", "\u00a0::stop-commands::evil"} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			source, _ := layout(t)
			s.env["GITHUB_REF"], s.env["GITHUB_WORKFLOW"], s.env["GITHUB_ACTOR"] = "refs/heads/"+evil, evil, evil
			r := s.with("source", source).run()
			if strings.Contains(r.outputs["tags"], "\n") {
				t.Errorf("tags are %q", r.outputs["tags"])
			}
		})
	}
}

// An author of an image controls the names in it.
func TestAnnotationsOfALayoutAddNoRunnerCommand(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "1"), "one\n::error::evil")
	l.Add(l.Image(sourcetest.AMD64, "2"), "two ##[error]evil")
	s.with("source", sourcetest.Dir(t, l.Files())).run().failsWith("source-ambiguous")

	odd := &v1.Platform{OS: "linux\n::error::evil", Architecture: "x|y`z<b>"}
	l = sourcetest.NewLayout(t)
	l.Add(l.Index(sourcetest.On(l.Image(odd, "1"), odd), sourcetest.On(l.Image(sourcetest.ARM64, "2"), sourcetest.ARM64)))
	r := s.with("source", sourcetest.Dir(t, l.Files())).run().succeeds()
	if strings.Contains(r.summary, "<b>") || strings.Contains(r.summary, "\n::error") {
		t.Errorf("the platform of the image changes the layout of the summary:\n%s", r.summary)
	}
}

// A warning quotes the response of the API.
func TestHostileAPIAddsNoRunnerCommand(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Path: "/packages/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{
		Status: 403, Message: "no\n::error::evil ##[error]evil \u200b::x <img src=x>",
	}})
	source, _ := layout(t)
	r := s.with("source", source).run().succeeds().hasOutputs("visibility", "unknown")
	if strings.Contains(r.summary, "<img") {
		t.Errorf("the summary contains HTML of the API:\n%s", r.summary)
	}
}

// The log shows the response of a registry, and the runner does not execute it.
func TestHostileRegistryAddsNoRunnerCommand(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.server.Inject(ghcrtest.Fault{Method: "POST", Times: ghcrtest.Always, Effect: ghcrtest.Answer{
		Status: 403, Code: "DENIED", Message: "no\n::error::evil\n\u00a0::add-mask::main\r\n##[command]evil \x1b[31m| <img src=x> ```\n# evil",
	}})
	source, _ := layout(t)
	r := s.with("source", source).run().failsWith("denied", "no")
	for _, evil := range []string{"<img", "\n# evil", "\n```\n# evil"} {
		if strings.Contains(r.summary, evil) {
			t.Errorf("the summary contains %q:\n%s", evil, r.summary)
		}
	}
}
