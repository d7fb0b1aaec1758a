//go:build integration && linux

package cmd_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// dockerfile builds an image without running a command in it.
const dockerfile = "FROM scratch AS base\nARG A\nLABEL a=$A\nCOPY file /etc/motd\nFROM base\nCOPY Dockerfile /\n"

// builderStage returns a stage with a folder for a build. Its PATH contains only one
// builder.
func builderStage(t *testing.T, builder string) *stage {
	t.Helper()
	s := newStage(t, acme())
	bin, context := t.TempDir(), t.TempDir()
	s.check(os.Symlink(program(t, builder, true), filepath.Join(bin, builder)))
	s.check(os.WriteFile(filepath.Join(context, "Dockerfile"), []byte(dockerfile), 0o600))
	s.check(os.WriteFile(filepath.Join(context, "file"), []byte(layer("text")), 0o600))
	s.env["PATH"], s.env["HOME"], s.env["RUNNER_TEMP"] = bin, t.TempDir(), t.TempDir()
	return s.with("context", context, "build-args", "A=wanted", "tags", "1", "verify", "full")
}

// hasConfig ends the test unless the config of the published image contains the words.
func (s *stage) hasConfig(r result, words ...string) {
	s.t.Helper()
	config, err := s.server.Blob("acme/web", s.configOf("1"))
	s.check(err)
	for _, w := range words {
		if !strings.Contains(string(config), w) {
			r.fatal("the config does not contain %q:\n%s", w, config)
		}
	}
	s.hasNoBuildFolder()
}

func TestClassicBuilderBuildsAnImageThatIsPublished(t *testing.T) {
	forEachEdition(t, everyEdition, func(t *testing.T, d *dockerd) {
		s := builderStage(t, "docker")
		s.env["DOCKER_HOST"] = d.host
		r := s.run().succeeds()
		s.hasConfig(r, `"a":"wanted"`, "org.opencontainers.image.revision")
		s.run().succeeds().hasOutputs("digest", r.outputs["digest"], "changed", "false")
	})
}

// withSecret changes the Dockerfile so that a static program checks the secret during the
// build.
func (s *stage) withSecret() *stage {
	s.t.Helper()
	context := s.env["INPUT_CONTEXT"]
	text := strings.Replace(dockerfile, "FROM base", "COPY same /\n"+
		`RUN --network=none --mount=type=secret,id=npm ["/same", "/run/secrets/npm", "hunter2"]`+"\nFROM base", 1)
	s.check(os.WriteFile(filepath.Join(context, "Dockerfile"), []byte(text), 0o600))
	source := filepath.Join(s.t.TempDir(), "same.go")
	s.check(os.WriteFile(source, []byte(same), 0o600))
	build := exec.CommandContext(s.t.Context(), "go", "build", "-o", filepath.Join(context, "same"), source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	return s.with("secrets", "npm=hunter2")
}

// same fails unless a file contains a word.
const same = `package main

import "os"

func main() {
	if raw, err := os.ReadFile(os.Args[1]); err != nil || string(raw) != os.Args[2] {
		os.Exit(1)
	}
}
`

// withBuildx adds docker with buildx and an engine to the stage.
func (s *stage) withBuildx(d *dockerd) *stage {
	s.t.Helper()
	plugins := filepath.Join(s.env["HOME"], ".docker", "cli-plugins")
	s.check(os.MkdirAll(plugins, 0o755))
	s.check(os.Symlink(engine(s.t, "buildx"), filepath.Join(plugins, "docker-buildx")))
	s.env["DOCKER_HOST"] = d.host
	return s
}

// withBuilder gives buildx a builder in a container of the engine, as
// docker/setup-buildx-action does. It builds the image of the container from BuildKit,
// runc and their libraries. No registry has an image of this name.
func (s *stage) withBuilder(d *dockerd) *stage {
	s.t.Helper()
	files, runc := filepath.Join(s.t.TempDir(), "image.tar"), program(s.t, "runc", true)
	empty := s.t.TempDir()
	s.check(os.Mkdir(filepath.Join(empty, "tmp"), 0o755))
	args := []string{"--create", "--dereference", "--file", files, "-C", empty, "tmp", "-C", filepath.Dir(engine(s.t, "buildkitd")), "buildkitd", "buildctl", "-C", "/", runc[1:]}
	libraries, _ := exec.CommandContext(s.t.Context(), "ldd", runc).Output() // a static runc has no libraries
	for _, word := range strings.Fields(string(libraries)) {
		if strings.HasPrefix(word, "/") {
			args = append(args, word[1:])
		}
	}
	if out, err := exec.CommandContext(s.t.Context(), "tar", args...).CombinedOutput(); err != nil {
		s.t.Fatalf("tar %q: %v\n%s", args, err, out)
	}
	const image = "127.0.0.1:1/buildkit:test"
	d.docker("import", "--change", `ENTRYPOINT ["buildkitd"]`, "--change", "ENV PATH=/:"+filepath.Dir(runc), files, image)
	s.buildx("create", "--use", "--name", "contained", "--driver", "docker-container", "--bootstrap",
		"--driver-opt", "image="+image+",network=host,cgroup-parent="+d.group())
	s.t.Cleanup(func() { s.buildx("rm", "--force", "contained") })
	return s.with("builder", "contained")
}

// buildx runs docker buildx as the runs of the stage do.
func (s *stage) buildx(args ...string) {
	s.t.Helper()
	ctx := context.WithoutCancel(s.t.Context()) // also at the end of a test
	cmd := exec.CommandContext(ctx, program(s.t, "docker", true), append([]string{"buildx"}, args...)...)
	cmd.Env = s.environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("docker buildx %q: %v\n%s", args, err, out)
	}
}

func TestBuildxBuildsAnImageThatIsPublished(t *testing.T) {
	cases := []struct {
		name      string
		edition   edition
		contained bool // the builder is in a container; otherwise in the engine
		loads     bool // the builder of the engine writes only to the classic store
	}{
		{"into the installed engine", installed, false, true},
		{"into the current engine", currentClassic, false, true},
		{"without the containerd image store", currentSnapshots, false, false},
		{"in a container", currentSnapshots, true, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := startDockerd(t, c.edition)
			s := builderStage(t, "docker").withBuildx(d).with("secrets", "npm=hunter2")
			if c.edition.current { // the engine of Debian has no RUN --network
				s.withSecret()
			}
			if c.contained {
				s.withBuilder(d)
			}
			r := s.run().succeeds()
			if !strings.Contains(r.stdout, "Building with docker buildx.") {
				r.fatal("another builder built the image")
			}
			s.hasConfig(r, `"a":"wanted"`, "org.opencontainers.image.revision")
			s.run().succeeds().hasOutputs("digest", r.outputs["digest"], "changed", "false")
			if !c.loads {
				s.buildsForTwoPlatforms()
			}
		})
	}
}

// buildsForTwoPlatforms expects the same images from a second build. The attestations of
// BuildKit for several platforms contain the time of the build, so the index differs unless
// a workflow disables them. A third build uses the cache after the builder was cleared; then
// only the times in the configs can differ.
func (s *stage) buildsForTwoPlatforms() {
	s.t.Helper()
	cache := "type=local,mode=max,%s=" + s.t.TempDir()
	first := s.with("platforms", "linux/amd64,linux/arm64", "cache-to", fmt.Sprintf(cache, "dest")).run().succeeds()
	second := s.with("cache-to", "").run().succeeds().hasOutputs("changed", "true",
		"digest-linux-amd64", first.outputs["digest-linux-amd64"], "digest-linux-arm64", first.outputs["digest-linux-arm64"])
	if n := second.count("PUT", "/blobs/"); n != 2 {
		second.fatal("%d blobs were pushed, want an attestation for each image", n)
	}
	s.buildx("prune", "--force", "--all")
	s.env["BUILDX_NO_DEFAULT_ATTESTATIONS"] = "1"
	third := s.with("cache-from", fmt.Sprintf(cache, "src")).run().succeeds()
	if n := third.count("PUT", "/blobs/"); n > 2 || strings.Count(third.stdout, " CACHED") < 4 {
		third.fatal("%d blobs were pushed, want at most two configs, and all steps from the cache", n)
	}
	s.run().succeeds().hasOutputs("digest", third.outputs["digest"], "changed", "false")
	s.hasNoBuildFolder()
}

func TestBuildahBuildsAnImageThatIsPublished(t *testing.T) {
	s := builderStage(t, "buildah").withStorage().with("secrets", "npm=hunter2")
	r := s.run().succeeds()
	s.hasConfig(r, `"a":"wanted"`, "org.opencontainers.image.revision")

	two := s.with("platforms", "linux/amd64,linux/arm64", "tags", "two").run().succeeds()
	if two.outputs["digest-linux-amd64"] == "" || two.outputs["digest-linux-arm64"] == "" {
		two.fatal("a platform was not published")
	}
	s.hasNoBuildFolder()
}

// withStorage gives buildah and podman a separate storage.
func (s *stage) withStorage() *stage {
	s.t.Helper()
	dir := s.t.TempDir()
	conf := filepath.Join(dir, "storage.conf")
	s.check(os.WriteFile(conf, fmt.Appendf(nil, "[storage]\ndriver=\"vfs\"\ngraphroot=%q\nrunroot=%q\n", dir+"/graph", dir+"/run"), 0o600))
	s.env["CONTAINERS_STORAGE_CONF"], s.env["BUILDAH_ISOLATION"] = conf, "chroot"
	return s
}
