//go:build integration && linux

package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// storageStage is a stage with a storage of its own, and a folder to build from.
func storageStage(t *testing.T) (s *stage, context string) {
	t.Helper()
	s = builderStage(t, "buildah").withStorage()
	context = s.env["INPUT_CONTEXT"]
	delete(s.env, "INPUT_CONTEXT")
	delete(s.env, "INPUT_BUILD-ARGS")
	return s, context
}

// tool runs a program of the field on the stage's storage, without any login,
// and returns what it prints.
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

// What buildah built is published out of the storage, by buildah and, where it
// is installed, by podman, to one digest; its id is the config's.
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
			r.fatal("podman gives another image than buildah's %s", first.outputs["digest"])
		}
	}
	s.with("source", "containers-storage:localhost/web:gone").run().failsWith("source-not-found", "does not find the image").wroteNothing()
}

// An image that was pulled from the registry goes back as it is, and one that
// was built on it shares its layers there. What the manifest of an OCI image
// says beside config and layers goes along.
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
			continue // where buildah has to be, building says so
		}
		bin := t.TempDir()
		s.check(os.Symlink(path, filepath.Join(bin, tool)))
		s.env["PATH"] = bin
		s.with("source", "containers-storage:"+s.image("acme/base:1"), "image", s.image("acme/copy-"+tool)).run().succeeds().hasOutputs("digest", base.outputs["digest"])
		r := s.with("source", "containers-storage:localhost/web:dev", "image", s.image("acme/web-"+tool)).run().succeeds()
		if r.count("PATCH", "/blobs/") != 1 || r.count("POST", "mount=") == 0 {
			r.fatal("%s: not the new layer alone was sent", tool)
		}
		found, _ := s.server.Manifest("acme/web-"+tool, "1")
		if !strings.Contains(string(found.Raw), `"org.example.note":"kept"`) {
			t.Errorf("%s: the manifest's annotation is gone:\n%s", tool, found.Raw)
		}
	}
}
