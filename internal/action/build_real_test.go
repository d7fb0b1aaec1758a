//go:build integration && linux

package action_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// dockerfile builds without running anything in the image.
const dockerfile = "FROM scratch AS base\nARG A\nLABEL a=$A\nCOPY file /etc/motd\nFROM base\nCOPY Dockerfile /\n"

// building is a stage with a folder to build from, on whose PATH only one
// builder is.
func building(t *testing.T, builder string) *stage {
	t.Helper()
	s := newStage(t, acme())
	bin, context := t.TempDir(), t.TempDir()
	s.check(os.Symlink(program(t, builder, true), filepath.Join(bin, builder)))
	s.check(os.WriteFile(filepath.Join(context, "Dockerfile"), []byte(dockerfile), 0o600))
	s.check(os.WriteFile(filepath.Join(context, "file"), []byte(layer("text")), 0o600))
	s.env["PATH"], s.env["HOME"], s.env["RUNNER_TEMP"] = bin, t.TempDir(), t.TempDir()
	return s.with("context", context, "build-args", "A=wanted", "tags", "1", "verify", "full")
}

// configured ends the test unless the published image says what was built.
func (s *stage) configured(r told, words ...string) {
	s.t.Helper()
	config, err := s.server.Blob("acme/web", s.configOf("1"))
	s.check(err)
	for _, w := range words {
		if !strings.Contains(string(config), w) {
			r.fatal("the config lacks %q:\n%s", w, config)
		}
	}
	s.leavesNothing()
}

func TestTheClassicBuilderBuildsAndItIsPublished(t *testing.T) {
	d := startDockerd(t, installed)
	s := building(t, "docker")
	s.env["DOCKER_HOST"] = d.host
	r := s.run().succeeds()
	s.configured(r, `"a":"wanted"`, "org.opencontainers.image.revision")
	if again := s.run().succeeds(); again.outputs["digest"] != r.outputs["digest"] || again.outputs["changed"] != "false" {
		t.Errorf("the second run published %s, changed %s; the first %s", again.outputs["digest"], again.outputs["changed"], r.outputs["digest"])
	}
}

// buildx is no package of Debian's; where Docker comes from its makers, it is
// there.
func TestBuildxBuildsAndItIsPublished(t *testing.T) {
	d := startDockerd(t, installed)
	s := building(t, "docker").with("secrets", "npm=hunter2")
	s.env["DOCKER_HOST"] = d.host
	if path := os.Getenv("GHCR_PUBLISH_BUILDX"); path != "" {
		plugins := filepath.Join(s.env["HOME"], ".docker", "cli-plugins")
		s.check(os.MkdirAll(plugins, 0o755))
		s.check(os.Symlink(path, filepath.Join(plugins, "docker-buildx")))
	}
	about := exec.CommandContext(t.Context(), "docker", "buildx", "version")
	about.Env = s.environ()
	if err := about.Run(); err != nil {
		t.Skip("docker has no buildx here, and GHCR_PUBLISH_BUILDX is not set")
	}
	r := s.run().succeeds()
	if !strings.Contains(r.stdout, "Building with docker buildx.") {
		r.fatal("another builder built")
	}
	s.configured(r, `"a":"wanted"`, "org.opencontainers.image.revision")
}

func TestBuildahBuildsAndItIsPublished(t *testing.T) {
	s := building(t, "buildah").withStorage().with("secrets", "npm=hunter2")
	r := s.run().succeeds()
	s.configured(r, `"a":"wanted"`, "org.opencontainers.image.revision")

	two := s.with("platforms", "linux/amd64,linux/arm64", "tags", "two").run().succeeds()
	if two.outputs["digest-linux-amd64"] == "" || two.outputs["digest-linux-arm64"] == "" {
		two.fatal("not both platforms were published")
	}
	s.leavesNothing()
}

// withStorage gives buildah and podman a storage of the test's own.
func (s *stage) withStorage() *stage {
	s.t.Helper()
	dir := s.t.TempDir()
	conf := filepath.Join(dir, "storage.conf")
	s.check(os.WriteFile(conf, fmt.Appendf(nil, "[storage]\ndriver=\"vfs\"\ngraphroot=%q\nrunroot=%q\n", dir+"/graph", dir+"/run"), 0o600))
	s.env["CONTAINERS_STORAGE_CONF"], s.env["BUILDAH_ISOLATION"] = conf, "chroot"
	return s
}
