package cmd_test

import (
	"os"
	"strings"
	"testing"
)

func TestMetadataSetsTheOutputsOfMetadataAction(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("command", "metadata", "images", "ghcr.io/Acme/Web",
		"tags", "type=semver,pattern={{version}}\ntype=sha\ntype=edge", "labels", "com.acme.team=web")
	s.env["GITHUB_REF"] = "refs/tags/v1.2.3"
	s.env["SOURCE_DATE_EPOCH"] = "1700000000"
	r := s.run().succeeds()
	for name, want := range map[string]string{
		"version":   "1.2.3",
		"tags":      "ghcr.io/acme/web:1.2.3\nghcr.io/acme/web:sha-ccccccc\nghcr.io/acme/web:latest",
		"tag-names": "1.2.3\nsha-ccccccc\nlatest",
	} {
		if got := r.outputs[name]; got != want {
			t.Errorf("output %s is %q, want %q", name, got, want)
		}
	}
	for _, label := range []string{"com.acme.team=web", "org.opencontainers.image.created=2023-11-14T22:13:20.000Z"} {
		if !strings.Contains(r.outputs["labels"], label) {
			t.Errorf("labels are %q, without %q", r.outputs["labels"], label)
		}
	}
	env, err := parseFile(s.read("ENV"))
	if err != nil || env["DOCKER_METADATA_OUTPUT_VERSION"] != "1.2.3" {
		t.Errorf("the environment for later steps is %v (%v)", env, err)
	}
	bake, err := os.ReadFile(r.outputs["bake-file"])
	if err != nil || !strings.Contains(string(bake), `"ghcr.io/acme/web:1.2.3"`) {
		t.Errorf("the bake file contains %s (%v)", bake, err)
	}
	if !strings.Contains(r.summary, "type=edge skipped") {
		t.Errorf("the summary does not explain why type=edge gave no tag:\n%s", r.summary)
	}
}

func TestMetadataSetsNoEnvironmentVariablesIfDisabled(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("command", "metadata", "images", "ghcr.io/acme/web")
	s.env["DOCKER_METADATA_SET_OUTPUT_ENV"] = "false"
	if s.run().succeeds(); s.read("ENV") != "" {
		t.Errorf("the environment for later steps is %q", s.read("ENV"))
	}
}

func TestMetadataAtATerminalPrintsTheRules(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	delete(s.env, "GITHUB_ACTIONS")
	r := s.run("metadata", "--images", "ghcr.io/acme/web", "--tags", "type=semver,pattern={{version}}", "--version", "2.0.0-rc.1", "--explain").succeeds()
	for _, want := range []string{"tag: ghcr.io/acme/web:2.0.0-rc.1", "rule: type=semver,pattern={{version}} → 2.0.0-rc.1"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("the output is\n%s\nwithout %q", r.stdout, want)
		}
	}
}

func TestMetadataAcceptsContextOnlyAsTheRefContext(t *testing.T) {
	t.Parallel()
	newStage(t, acme()).with("command", "metadata", "context", "workflow").run().succeeds()
	newStage(t, acme()).with("command", "metadata", "context", ".").run().failsWith("input-value", "context", "workflow or git")
	newStage(t, acme()).with("command", "metadata", "source", "x.tar").run().failsWith("input-not-accepted", "source")
}

func TestRulesUseTheInputVersion(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	s := newStage(t, acme()).with("source", path, "version", "3.1.4", "tags", "type=semver,pattern={{major}}.{{minor}}", "flavor", "latest=false")
	s.env["GITHUB_EVENT_NAME"] = "workflow_dispatch"
	if got := s.run().succeeds().outputs["tag-names"]; got != "3.1" {
		t.Errorf("tags are %q", got)
	}
}

func TestBackportDoesNotMoveLatestHighest(t *testing.T) {
	t.Parallel()
	path, _ := layout(t)
	s := newStage(t, acme()).with("source", path, "tags", "type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}", "flavor", "latest=highest")
	for _, step := range []struct{ version, want string }{
		{"2.0.0", "2.0.0\n2.0\nlatest"}, {"1.4.9", "1.4.9\n1.4"}, {"2.0.1", "2.0.1\n2.0\nlatest"},
	} {
		s.with("version", step.version)
		if got := s.run().succeeds().outputs["tag-names"]; got != step.want {
			t.Errorf("version %s moves %q, want %q", step.version, got, step.want)
		}
	}
}

func TestLabelsAreWrittenOnlyOnRequest(t *testing.T) {
	t.Parallel()
	path, digest := layout(t)
	s := newStage(t, acme()).with("source", path, "tags", "a")
	if got := s.run().succeeds().outputs["digest"]; got != digest {
		t.Errorf("without labels the digest is %s, not the source's %s", got, digest)
	}
	s.with("labels", "com.acme.team=web", "tags", "b")
	r := s.run().succeeds()
	labelled := r.outputs["digest"]
	if labelled == digest || !strings.Contains(r.stdout, digest) {
		t.Errorf("with labels the digest is %s, or the log does not name %s", labelled, digest)
	}
	m, ok := s.server.Manifest("acme/web", "b")
	if !ok || !strings.Contains(string(m.Raw), `"com.acme.team":"web"`) {
		t.Errorf("the index is %s", m.Raw)
	}
	r = s.run().succeeds()
	if r.outputs["digest"] != labelled || r.outputs["changed"] != "false" {
		t.Errorf("the second run gives %s, changed %s", r.outputs["digest"], r.outputs["changed"])
	}
}

func TestSeparatorsKeepTheirSpaces(t *testing.T) {
	t.Parallel()
	r := newStage(t, acme()).with("command", "metadata", "images", "ghcr.io/acme/web", "tags", "a\nb", "sep-tags", " ").run().succeeds()
	if got := r.outputs["tag-names"]; got != "a b" {
		t.Errorf("tag-names are %q", got)
	}
}

// The values of DOCKER_METADATA_SET_OUTPUT_ENV are those of docker/metadata-action.
func TestVariablesOfTheOutputsCanBeDisabled(t *testing.T) {
	t.Parallel()
	for text, sets := range map[string]bool{"": true, "1": true, "t": true, "True": true, "TRUE": true, "0": false, "f": false, "F": false, "false": false, "False": false} {
		s := newStage(t, acme())
		s.env["DOCKER_METADATA_SET_OUTPUT_ENV"] = text
		s.with("command", "metadata", "images", "a/b").run().succeeds()
		if got := strings.Contains(s.read("ENV"), "DOCKER_METADATA_OUTPUT_VERSION"); got != sets {
			t.Errorf("%q: the variables are set: %t, want %t", text, got, sets)
		}
	}
	for _, text := range []string{"no", "off", "yes"} {
		s := newStage(t, acme())
		s.env["DOCKER_METADATA_SET_OUTPUT_ENV"] = text
		s.with("command", "metadata", "images", "a/b").run().failsWith("set-output-env", text)
	}
}
