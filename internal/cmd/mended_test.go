package cmd_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestExpiredTokenOnAPullRequestIsAnError(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	world := acme()
	world.Credentials[0].Expired = true
	s := newStage(t, world).with("source", path)
	s.env["GITHUB_EVENT_NAME"], s.env["GITHUB_REF"] = "pull_request", "refs/pull/5/merge"
	if r := s.run(); r.code == 0 {
		r.fatal("a dead token was taken for one that may only read")
	}
}

func TestMetadataWithoutTagsNamesTheRule(t *testing.T) {
	t.Parallel()
	r := newStage(t, acme()).with("command", "metadata", "images", "ghcr.io/acme/web", "tags", "type=semver,pattern={{version}}").run().succeeds()
	var warned bool
	for _, a := range r.annotations() {
		warned = warned || a.level == "warning" && strings.Contains(a.text, "type=semver")
	}
	if !warned {
		r.fatal("no warning names the rule")
	}
}

func TestSeparatorsKeepTheirSpaces(t *testing.T) {
	t.Parallel()
	r := newStage(t, acme()).with("command", "metadata", "images", "ghcr.io/acme/web", "tags", "a\nb", "sep-tags", " ").run().succeeds()
	if got := r.outputs["tag-names"]; got != "a b" {
		t.Errorf("tag-names are %q", got)
	}
}

func TestNoticesAreLoggedOnce(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	s := newStage(t, acme())
	r := s.with("source", path, "image", s.image("acme/Web")).run().succeeds()
	if n := strings.Count(r.stdout, "only lower-case names"); n != 1 {
		r.fatal("the notice is in the log %d times", n)
	}
}

func TestMigrateReportsThatNoWorkflowExists(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	delete(s.env, "GITHUB_ACTIONS")
	if r := s.run("migrate", t.TempDir()).succeeds(); !strings.Contains(r.stdout, "No workflow was found") {
		r.fatal("it does not say that there was none")
	}
	s.run("migrate", "no/such/place").failsWith("paths-unreadable", "cannot be read")
}

func TestFlagForASecretIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	delete(s.env, "GITHUB_ACTIONS")
	s.run("publish", "--token", "x").failsWith("usage", "GITHUB_TOKEN", "--token-stdin")
}

func TestHelpDescribesTheInputsOfItsCommand(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	delete(s.env, "GITHUB_ACTIONS")
	if r := s.run("pull", "--help").succeeds(); !strings.Contains(r.stdout, "Reference to pull") || strings.Contains(r.stdout, "Image to publish") {
		r.fatal("the help of pull speaks of publishing")
	}
}

func TestMissingSourceIsNamed(t *testing.T) {
	t.Parallel()
	s, _ := publishedStage(t, ghcrtest.Public)
	ref := s.image("acme/web") + ":nowhere"
	s.with("source", "docker://"+ref, "tags", "1").run().failsWith("image-not-found", ref)
}

func TestErrorNamesTheHostThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	s := newStage(t, acme())
	silent := "127.0.0.1:1"
	r := s.with("source", path, "image", s.image("acme/web")+"\n"+silent+"/acme/web", "timeout", "3s").run()
	if r.code == 0 || !strings.Contains(r.stdout, silent) {
		r.fatal("nobody names the host that gave no answer")
	}
}
