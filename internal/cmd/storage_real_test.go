//go:build integration && linux

package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// storageStage returns a stage with a separate storage, and a folder for a build.
func storageStage(t *testing.T) (s *stage, context string) {
	t.Helper()
	s = builderStage(t, "buildah").withStorage()
	context = s.env["INPUT_CONTEXT"]
	delete(s.env, "INPUT_CONTEXT")
	delete(s.env, "INPUT_BUILD-ARGS")
	return s, context
}

// tool runs buildah, podman or skopeo on the storage of the stage, without a login, and
// returns its output.
func (s *stage) tool(name string, args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "CONTAINERS_STORAGE_CONF="+s.env["CONTAINERS_STORAGE_CONF"], "DOCKER_CONFIG=", "REGISTRY_AUTH_FILE=")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s %q: %v\n%s", name, args, err, complaint.String())
	}
	return strings.TrimSpace(string(out))
}

// An image that buildah built is published from the storage through buildah, and through
// podman if it is installed. Both give the same digest. The id is the digest of the config.
func TestImageInContainersStorageIsPublished(t *testing.T) {
	s, context := storageStage(t)
	s.tool("buildah", "build", "--quiet", "--isolation", "chroot", "--tag", "localhost/web:dev", context)
	id := s.tool("buildah", "inspect", "--type", "image", "--format", "{{.FromImageID}}", "localhost/web:dev")

	first := s.with("source", "containers-storage:localhost/web:dev").run().succeeds()
	if got := s.configOf("1"); got != "sha256:"+id {
		t.Errorf("the config is %s, and the image %s", got, id)
	}
	if path, err := exec.LookPath("podman"); err == nil {
		bin := t.TempDir()
		s.check(os.Symlink(path, filepath.Join(bin, "podman")))
		s.env["PATH"] = bin
		if r := s.with("source", "containers-storage:"+id[:12]).run().succeeds(); r.outputs["digest"] != first.outputs["digest"] || r.outputs["changed"] != "false" {
			r.fatal("podman gives another image than buildah, whose digest is %s", first.outputs["digest"])
		}
	}
	s.with("source", "containers-storage:localhost/web:gone").run().failsWith("source-not-found").wroteNothing()
}

// An image that was pulled from the registry is pushed unchanged. An image that was built
// on it mounts its layers. The annotations of an OCI manifest are kept.
func TestLayersPulledIntoContainersStorageAreMounted(t *testing.T) {
	s, context := storageStage(t)
	s.tool("buildah", "build", "--quiet", "--isolation", "chroot", "--tag", "localhost/base:1", context)
	base := s.with("source", "containers-storage:localhost/base:1", "image", s.image("acme/base")).run().succeeds()
	s.tool("buildah", "rmi", "--all")
	s.tool("buildah", "pull", "--quiet", "--tls-verify=false", s.image("acme/base:1"))
	s.check(os.WriteFile(filepath.Join(context, "Dockerfile"), []byte("FROM "+s.image("acme/base:1")+"\nCOPY file /other\n"), 0o600))
	s.tool("buildah", "build", "--quiet", "--isolation", "chroot", "--pull-never", "--annotation", "org.example.note=kept", "--tag", "localhost/web:dev", context)

	for _, tool := range []string{"buildah", "podman"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			continue // if buildah is necessary, the test of the build fails
		}
		bin := t.TempDir()
		s.check(os.Symlink(path, filepath.Join(bin, tool)))
		s.env["PATH"] = bin
		s.with("source", "containers-storage:"+s.image("acme/base:1"), "image", s.image("acme/copy-"+tool)).run().succeeds().hasOutputs("digest", base.outputs["digest"])
		r := s.with("source", "containers-storage:localhost/web:dev", "image", s.image("acme/web-"+tool)).run().succeeds()
		if r.count("PATCH", "/blobs/") != 1 || r.count("POST", "mount=") == 0 {
			r.fatal("%s: more than the new layer was pushed", tool)
		}
		found, _ := s.server.Manifest("acme/web-"+tool, "1")
		if !strings.Contains(string(found.Raw), `"org.example.note":"kept"`) {
			t.Errorf("%s: the annotation of the manifest is missing:\n%s", tool, found.Raw)
		}
	}
}
