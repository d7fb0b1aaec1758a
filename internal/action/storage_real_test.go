//go:build integration && linux

package action_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What buildah built is published out of the storage, by buildah and, where it
// is installed, by podman, to one digest; its id is the config's.
func TestAnImageInContainersStorageIsPublished(t *testing.T) {
	s := building(t, "buildah").withStorage()
	context := s.env["INPUT_CONTEXT"]
	delete(s.env, "INPUT_CONTEXT")
	delete(s.env, "INPUT_BUILD-ARGS")
	buildah := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "buildah", args...)
		cmd.Env = append(os.Environ(), "CONTAINERS_STORAGE_CONF="+s.env["CONTAINERS_STORAGE_CONF"])
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("buildah %q: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	buildah("build", "--quiet", "--isolation", "chroot", "--tag", "localhost/web:dev", context)
	id := buildah("inspect", "--type", "image", "--format", "{{.FromImageID}}", "localhost/web:dev")

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
	s.with("source", "containers-storage:localhost/web:gone").run().failsWith("source-not-found", "images shows those there are").wroteNothing()
}
