package cmd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/pushed"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// fakeBuildah records its calls and exports an existing image. It prints lines that a
// hostile Dockerfile could print.
const fakeBuildah = `#!/bin/sh
echo "$@" >>"$CALLS"
case $1 in
--version) echo buildah version 1.0 ;;
build)
  /usr/bin/env >"$SEEN"
  echo 'STEP 1/2: FROM scratch'
  echo '::add-mask::x'
  echo '##[error]forged' >&2
  printf '\r::set-output name=digest::forged\nlast'
  [ -z "$FAILS" ] || exit 3
  while [ $# -gt 0 ]; do
    [ "$1" != --iidfile ] || echo "$ID" >"$2"
    shift
  done ;;
images) echo '[]' ;;
inspect) echo '{"FromImageID":"'"$ID"'","Manifest":"{\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"}"}' ;;
push) /bin/cat "$BUILT" ;;
esac
`

// withBuildah sets the PATH of the stage to a folder that contains only buildah.
func (s *stage) withBuildah() *stage {
	s.t.Helper()
	bin := s.t.TempDir()
	sourcetest.Program(s.t, bin, "buildah", fakeBuildah)
	built := sourcetest.NewSaved(s.t, "web:dev", "one", "two")
	s.env["PATH"], s.env["BUILT"], s.env["ID"] = bin, sourcetest.Tar(s.t, sourcetest.DockerSave(s.t, built)), built.ID().Hex
	s.env["CALLS"], s.env["SEEN"] = filepath.Join(s.dir, "calls"), filepath.Join(s.dir, "seen")
	s.env["RUNNER_TEMP"] = s.t.TempDir()
	context := s.t.TempDir()
	s.check(os.WriteFile(filepath.Join(context, "Dockerfile"), []byte("FROM scratch\n"), 0o600))
	return s.with("context", context, "tags", "1")
}

// record returns the record of the builder. It is empty if the builder did not run.
func (s *stage) record(variable string) string {
	raw, err := os.ReadFile(s.env[variable])
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	return string(raw)
}

// wasBuilt reports whether the builder was called to build.
func (s *stage) wasBuilt() bool { return strings.Contains(s.record("CALLS"), "build --") }

// hasNoBuildFolder fails the test if the folder of the build still exists.
func (s *stage) hasNoBuildFolder() {
	s.t.Helper()
	left, err := os.ReadDir(s.env["RUNNER_TEMP"])
	s.check(err)
	left = slices.DeleteFunc(left, func(e os.DirEntry) bool { return e.Name() == filepath.Base(string(pushed.In("."))) })
	if len(left) > 0 {
		s.t.Errorf("the build left %v", left)
	}
}

func TestDockerfileIsBuiltAndPublished(t *testing.T) {
	t.Parallel()
	// With all facts in the payload, the labels do not contain the address of a server.
	payload := map[string]any{"repository": map[string]any{
		"full_name": "acme/web", "name": "web", "html_url": "https://github.com/acme/web", "default_branch": "main", "description": nil, "license": nil,
	}}
	s := newStage(t, acme()).event(payload).withBuildah().with(
		"secrets", "npm=hunter2", "labels", "org.opencontainers.image.vendor=Acme", "build-args", "A=1", "target", "app")
	r := s.run().succeeds()
	file := newStage(t, acme()).event(payload).with("source", s.env["BUILT"], "tags", "1", "labels", "org.opencontainers.image.vendor=Acme").run().succeeds()
	if r.outputs["digest"] != file.outputs["digest"] || r.outputs["pushed"] != "true" {
		t.Errorf("digest %q, pushed %q; the same image from a file has %q", r.outputs["digest"], r.outputs["pushed"], file.outputs["digest"])
	}
	calls := s.record("CALLS")
	for _, want := range []string{"--target app", "--build-arg A=1", "--label org.opencontainers.image.vendor=Acme", "--label org.opencontainers.image.revision=cccc", "--secret id=npm,env="} {
		if !strings.Contains(calls, want) {
			t.Errorf("the builder was called without %q:\n%s", want, calls)
		}
	}
	if seen := s.record("SEEN"); strings.Contains(calls, "hunter2") || !strings.Contains(seen, "=hunter2") || strings.Contains(seen, canary) {
		t.Errorf("a secret is an argument or is missing, or the builder has the token:\n%s\n%s", calls, seen)
	}
	if !strings.Contains(r.stdout, "::add-mask::hunter2\n") || !strings.Contains(r.stdout, "STEP 1/2: FROM scratch\n.::add-mask::x\n## [error]forged\n.::set-output name=digest::forged\nlast\n") {
		t.Errorf("the log:\n%s", r.stdout)
	}
	s.hasNoBuildFolder()
}

func TestBuildIsNotStartedIfThePushIsRefused(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Credentials[0].Packages = ghcrtest.Read
	s := newStage(t, c).withBuildah()
	s.run().failsWith("create-package").wroteNothing()
	exposed := newStage(t, acme()).withBuildah().with("visibility", "private")
	exposed.run().failsWith("visibility-exposed").wroteNothing()
	if s.wasBuilt() || exposed.wasBuilt() {
		t.Error("the image was built before the refusal")
	}
}

func TestPullRequestOfAForkAndDryRunBuildWithoutPush(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Credentials[0].Packages = ghcrtest.Read
	fork, dry := newStage(t, c).withBuildah().with("on-readonly", "skip"), newStage(t, acme()).withBuildah().with("push", "false")
	if got := fork.run().succeeds().wroteNothing().outputs["outcome"]; got != "skipped" {
		t.Errorf("outcome of the fork %q", got)
	}
	if got := dry.run().succeeds().wroteNothing().outputs["outcome"]; got != "planned" {
		t.Errorf("outcome of the dry run %q", got)
	}
	for _, s := range []*stage{fork, dry} {
		if !s.wasBuilt() {
			t.Error("the image was not built")
		}
		s.hasNoBuildFolder()
	}
}

func TestFailedBuildIsExplained(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).withBuildah()
	s.env["FAILS"] = "yes"
	r := s.run().failsWith("build-failed", "did not build the image").wroteNothing()
	if !strings.Contains(r.stdout, "STEP 1/2") {
		t.Errorf("the log does not contain the output of the builder:\n%s", r.stdout)
	}
	s.hasNoBuildFolder()
	s.env["PATH"] = t.TempDir()
	s.run().failsWith("build-no-builder", "docker/setup-buildx-action").wroteNothing()
	s.with("context", filepath.Join(s.dir, "none")).run().failsWith("build-context-missing", "actions/checkout").wroteNothing()
}

func TestLabelsOfTheBuildTakePrecedence(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).withBuildah()
	s.run().succeeds()
	words := strings.Fields(s.record("CALLS"))
	if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "org.opencontainers.image.created=") }) {
		t.Error("the image contains the time of the run, so each run has another digest")
	}
}
