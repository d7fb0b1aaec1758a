//go:build integration && linux

package action_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// dockerd is a Docker engine of a test's own.
type dockerd struct {
	t    *testing.T
	dir  string
	host string
}

// startDockerd starts an engine that touches nothing of the machine: no
// network, no rules, its folders below one that the test takes away. In CI it
// has to start.
func startDockerd(t *testing.T) *dockerd {
	t.Helper()
	dir, err := os.MkdirTemp("", "d") //nolint:usetesting // its folders are too deep for a socket
	if err != nil {
		t.Fatal(err)
	}
	d := &dockerd{t: t, dir: dir, host: "unix://" + dir + "/s"}
	path, err := exec.LookPath("dockerd")
	if os.Getuid() != 0 {
		err = fmt.Errorf("an engine is started by root, and this is user %d", os.Getuid())
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "--data-root", dir+"/data", "--exec-root", dir+"/exec", "--pidfile", dir+"/pid",
		"--host", d.host, "--containerd-namespace", "ghcr-publish", "--containerd-plugins-namespace", "ghcr-publish-plugins", "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // it was told to end when the test did
		_ = os.RemoveAll(dir)
	})
	for range 300 {
		if exec.CommandContext(t.Context(), "docker", "--host", d.host, "version").Run() == nil {
			return d
		}
		time.Sleep(100 * time.Millisecond)
	}
	raw, _ := os.ReadFile(log.Name())
	t.Fatalf("the engine does not start:\n%s", raw)
	return nil
}

// docker runs Docker's own command line and returns what it prints.
func (d *dockerd) docker(args ...string) string {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), "docker", append([]string{"--config", d.dir, "--host", d.host}, args...)...)
	cmd.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("docker %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// build makes an image by a Dockerfile with one file beside it.
func (d *dockerd) build(tag, dockerfile, text string) {
	d.t.Helper()
	context := d.t.TempDir()
	for name, body := range map[string]string{"Dockerfile": dockerfile, "file": text} {
		if err := os.WriteFile(filepath.Join(context, name), []byte(body), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	d.docker("build", "--quiet", "--tag", tag, context)
}

// configOf is the digest of the config of what a tag of the stage points at.
func (s *stage) configOf(tag string) string {
	s.t.Helper()
	found, _ := s.server.Manifest("acme/web", tag)
	var m struct{ Config struct{ Digest string } }
	s.check(json.Unmarshal(found.Raw, &m))
	return m.Config.Digest
}

func TestARealEnginesImagesArePublished(t *testing.T) {
	d := startDockerd(t)
	base := sourcetest.NewSaved(t, "base:1", layer("one"))
	d.docker("load", "--input", sourcetest.Tar(t, sourcetest.DockerSave(t, base)))
	d.build("web:dev", "FROM base:1\nCOPY file /etc/motd\n", layer("old"))
	id := d.docker("images", "--quiet", "--no-trunc", "web:dev")

	s := newStage(t, acme()).with("tags", "edge", "monotonic", "false")
	s.env["DOCKER_HOST"] = d.host
	var digest string
	for _, source := range []string{"web:dev", "docker-daemon:web:dev", id, id[7:19]} {
		r := s.with("source", source).run().succeeds()
		if digest == "" {
			digest = r.outputs["digest"]
		}
		if r.outputs["digest"] != digest || s.configOf("edge") != id {
			t.Errorf("%s: digest %s and config %s, want %s and %s", source, r.outputs["digest"], s.configOf("edge"), digest, id)
		}
	}
	d.comparePushed(s, id)

	d.build("web:dev", "FROM base:1\nCOPY file /etc/motd\n", layer("new"))
	r := s.with("source", "web:dev").run().succeeds()
	if n := r.count("PATCH", "/blobs/"); n != 1 || r.outputs["digest"] == digest {
		t.Errorf("after a rebuild of the last layer %d layers were sent, and the digest is %s", n, r.outputs["digest"])
	}
	s.with("source", "web:dve").run().failsWith("source-not-found", "Did you mean web:dev")
}

// comparePushed has docker push and skopeo bring the image, too: their
// compression is another, the image they mean is the same.
func (d *dockerd) comparePushed(s *stage, id string) {
	d.t.Helper()
	login := base64.StdEncoding.EncodeToString([]byte("octocat:" + canary))
	s.check(os.WriteFile(d.dir+"/config.json", fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, s.server.Host(), login), 0o600))
	pushed := s.image("acme/web") + ":by-docker"
	d.docker("tag", "web:dev", pushed)
	d.docker("push", "--quiet", pushed)
	if got := s.configOf("by-docker"); got != id {
		d.t.Errorf("docker push brought the config %s, want %s", got, id)
	}
	if _, err := exec.LookPath("skopeo"); err != nil {
		return // where it has to be, other tests say so
	}
	config, err := exec.CommandContext(d.t.Context(), "skopeo", "--insecure-policy", "inspect", "--config", "--raw",
		"--daemon-host", d.host, "docker-daemon:web:dev").Output()
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(config)); err != nil || got != id {
		d.t.Errorf("skopeo reads the config %s, want %s: %v", got, id, err)
	}
}
