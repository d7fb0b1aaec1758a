//go:build integration && linux

package cmd_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// configOf returns the digest of the config of the image under a tag of the stage.
func (s *stage) configOf(tag string) string {
	s.t.Helper()
	found, _ := s.server.Manifest("acme/web", tag)
	var m struct{ Config struct{ Digest string } }
	s.check(json.Unmarshal(found.Raw, &m))
	return m.Config.Digest
}

func TestImagesOfARealEngineArePublished(t *testing.T) {
	forEachEdition(t, []edition{installed, currentClassic}, publishesClassic)
}

// publishesClassic publishes from the classic store. There the id of an image is the
// digest of its config, and the layers are compressed during the push.
func publishesClassic(t *testing.T, d *dockerd) {
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
	d.push(s, "web:dev", "by-docker")
	if got := s.configOf("by-docker"); got != id {
		t.Errorf("docker push pushed the config %s, want %s", got, id)
	}

	d.build("web:dev", "FROM base:1\nCOPY file /etc/motd\n", layer("new"))
	r := s.with("source", "web:dev").run().succeeds()
	if n := r.count("PATCH", "/blobs/"); n != 1 || r.outputs["digest"] == digest {
		t.Errorf("after a rebuild of the last layer %d layers were pushed, and the digest is %s", n, r.outputs["digest"])
	}
	s.with("source", "web:dve").run().failsWith("source-not-found", "Did you mean web:dev")
}

// push pushes an image to the registry of the stage with docker push. Docker compresses
// differently, but the config is the same.
func (d *dockerd) push(s *stage, name, tag string) {
	d.t.Helper()
	login := base64.StdEncoding.EncodeToString([]byte("octocat:" + canary))
	s.check(os.WriteFile(d.dir+"/config.json", fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, s.server.Host(), login), 0o600))
	pushed := s.image("acme/web") + ":" + tag
	d.docker("tag", name, pushed)
	d.docker("push", "--quiet", pushed)
	d.docker("image", "rm", pushed)
}

// The test uses skopeo and the engine of Debian. The current engine does not support the
// API version of this skopeo.
func TestSkopeoReadsTheSameConfigFromTheEngine(t *testing.T) {
	d := startDockerd(t, installed)
	saved := sourcetest.NewSaved(t, "web:dev", "one")
	d.docker("load", "--input", sourcetest.Tar(t, sourcetest.DockerSave(t, saved)))
	s := newStage(t, acme()).with("tags", "1", "source", "docker-daemon:web:dev")
	s.env["DOCKER_HOST"] = d.host
	s.run().succeeds()
	config, err := exec.CommandContext(t.Context(), program(t, "skopeo", true), "--insecure-policy", "inspect", "--config", "--raw",
		"--daemon-host", d.host, "docker-daemon:web:dev").Output()
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(config)); err != nil || got != s.configOf("1") {
		t.Errorf("skopeo reads the config %s, want %s: %v", got, s.configOf("1"), err)
	}
}

func TestLayersThatARealEnginePulledAreMounted(t *testing.T) {
	forEachEdition(t, []edition{installed, currentClassic, currentSnapshots}, func(t *testing.T, d *dockerd) {
		s := newStage(t, acme())
		below := sourcetest.NewSaved(t, "base:1", noise("one"), noise("two"))
		base := s.with("source", sourcetest.Tar(t, sourcetest.DockerSave(t, below)), "tags", "1", "image", s.image("acme/base")).run().succeeds()
		d.docker("pull", "--quiet", s.image("acme/base:1"))
		d.build("web:dev", "FROM "+s.image("acme/base:1")+"\nCOPY file /etc/motd\n", layer("new"))

		s.env["DOCKER_HOST"] = d.host
		r := s.with("source", "web:dev", "image", "").run().succeeds()
		if sent := r.count("PUT", "/blobs/upload"); sent != 2 || r.count("POST", "mount=") != 2 {
			r.fatal("more than the config and the new layer was pushed, or the other layers are not mounted")
		}
		s.with("source", "docker-daemon:"+s.image("acme/base:1"), "tags", "2").run().succeeds().hasOutputs("digest", base.outputs["digest"])
	})
}

// noise returns text that does not compress well.
func noise(seed string) string {
	raw := make([]byte, 200_000)
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte(seed))).Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)
}
