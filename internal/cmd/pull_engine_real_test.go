//go:build integration && linux

package cmd_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// kept is an image that a real engine shows.
type kept struct {
	ID       string `json:"Id"`
	RepoTags []string
	RootFS   struct{ Layers []string }
}

func (d *dockerd) inspect(ref string) kept {
	d.t.Helper()
	var found []kept
	if err := json.Unmarshal([]byte(d.docker("image", "inspect", ref)), &found); err != nil || len(found) != 1 {
		d.t.Fatalf("docker image inspect %s: %d images, %v", ref, len(found), err)
	}
	return found[0]
}

// publishLayers publishes an image with one layer for each text.
func (s *stage) publishLayers(tag string, texts ...string) {
	s.t.Helper()
	saved := sourcetest.NewSaved(s.t, "web:"+tag, texts...)
	s.with("command", "publish", "source", sourcetest.Tar(s.t, sourcetest.DockerSave(s.t, saved)), "tags", tag, "destination", "").run().succeeds()
	s.with("command", "pull", "tags", "", "source", s.image("acme/web")+":"+tag)
}

func TestRealEngineHasTheSameImageAsAfterDockerPull(t *testing.T) {
	forEachEdition(t, everyEdition, func(t *testing.T, d *dockerd) {
		s := newStage(t, acme())
		s.env["DOCKER_HOST"] = d.host
		s.publishLayers("1", layer("one"), "small", layer("two"))
		name := s.image("acme/web")

		r := s.with("destination", "docker-daemon:").run().succeeds().hasOutputs("outcome", "pulled")
		ours := d.inspect(name + ":1")
		if ours.ID != r.outputs["image-id"] || !slices.Equal(ours.RepoTags, []string{name + ":1"}) || len(ours.RootFS.Layers) != 3 {
			t.Errorf("the engine has %+v, and the output image-id is %q", ours, r.outputs["image-id"])
		}
		again := s.run().succeeds().hasOutputs("outcome", "unchanged", "image-id", ours.ID)
		named := s.with("destination", "docker-daemon:web:dev").run().succeeds().hasOutputs("outcome", "pulled", "image-id", ours.ID)
		for _, r := range []result{again, named} { // only the config is read, because it contains the platform
			if n := r.count("GET", "/ghcr1/blobs/"); n > 1 || !strings.Contains(r.stdout, "0 blobs fetched") {
				r.fatal("%d blobs were fetched again", n)
			}
		}
		if got := d.inspect("web:dev"); got.ID != ours.ID {
			t.Errorf("the new name belongs to %+v", got)
		}

		d.docker("image", "rm", "web:dev", name+":1")
		d.docker("pull", "--quiet", name+":1")
		if theirs := d.inspect(name + ":1"); theirs.ID != ours.ID || !slices.Equal(theirs.RootFS.Layers, ours.RootFS.Layers) {
			t.Errorf("docker pull gives %+v, and pull gives %+v", theirs, ours)
		}
		s.with("destination", "docker-daemon:").run().succeeds().hasOutputs("outcome", "unchanged", "image-id", ours.ID)
	})
}

// Layers that an engine has in another image are neither fetched nor loaded. Only the
// classic store allows this.
func TestRealEngineReceivesOnlyNewLayers(t *testing.T) {
	forEachEdition(t, everyEdition, func(t *testing.T, d *dockerd) {
		s := newStage(t, acme())
		s.env["DOCKER_HOST"] = d.host
		for n, texts := range [][]string{{"base", "middle", "old"}, {"base", "middle", "new", "base"}, {"base", "middle"}, {"other", "middle"}} {
			tag := string(rune('1' + n))
			s.publishLayers(tag, texts...)
			r := s.with("destination", "docker-daemon:").run().succeeds().hasOutputs("outcome", "pulled")
			// The second image has its lowest layer also on top. This layer is loaded.
			want := []string{"4 blobs", "3 blobs", "1 blob", "3 blobs"}[n]
			if strings.Contains(d.docker("info", "--format", "{{.DriverStatus}}"), "io.containerd.snapshotter") {
				want = []string{"4 blobs", "4 blobs", "3 blobs", "3 blobs"}[n]
			}
			if !strings.Contains(r.stdout, want+" fetched") {
				r.fatal("%s: not %s", tag, want)
			}
			if got := d.inspect(s.image("acme/web") + ":" + tag); got.ID != r.outputs["image-id"] || len(got.RootFS.Layers) != len(texts) {
				t.Errorf("%s: the engine has %+v", tag, got)
			}
		}
	})
}

func TestRealEngineGetsNoIncompleteImage(t *testing.T) {
	forEachEdition(t, everyEdition, func(t *testing.T, d *dockerd) {
		s := newStage(t, acme())
		s.env["DOCKER_HOST"] = d.host
		s.publishLayers("1", layer("one"), layer("two"))
		s.server.Inject(ghcrtest.Fault{Method: "GET", Path: "/ghcr1/blobs/", After: 2, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404, Message: "gone"}})
		s.with("destination", "docker-daemon:").run().failsWith("image-not-found").hasOutputs("image-id", "")
		if left := d.docker("images", "--all", "--quiet"); left != "" {
			t.Errorf("the engine loaded %q", left)
		}
	})
}

func TestRealEngineAcceptsAnImageWithoutAName(t *testing.T) {
	forEachEdition(t, everyEdition, func(t *testing.T, d *dockerd) {
		s := newStage(t, acme())
		s.env["DOCKER_HOST"] = d.host
		s.publishLayers("1", "one", "two")
		digest := s.with("command", "inspect", "digest-only", "true", "destination", "").run().succeeds().outputs["digest"]
		r := s.with("command", "pull", "digest-only", "", "source", s.image("acme/web")+"@"+digest, "destination", "docker-daemon:").run().succeeds()
		if got := d.inspect(r.outputs["image-id"]); got.ID != r.outputs["image-id"] || slices.ContainsFunc(got.RepoTags, func(tag string) bool { return !strings.Contains(tag, "@") }) {
			t.Errorf("the engine has %+v", got)
		}
		s.run().succeeds().hasOutputs("outcome", "unchanged", "image-id", r.outputs["image-id"])
	})
}

// After docker pull of an index, pull has nothing to do. The id in the engine can be the
// digest of the config, of the manifest or of the index.
func TestIndexThatARealEnginePulledExistsInTheRegistry(t *testing.T) {
	forEachEdition(t, everyEdition, func(t *testing.T, d *dockerd) {
		s, _ := publishedStage(t, ghcrtest.Public)
		s.env["DOCKER_HOST"] = d.host
		name := s.image("acme/web") + ":1.2.3"
		d.docker("pull", "--quiet", name)
		s.with("command", "pull", "source", name, "destination", "docker-daemon:")
		s.run().succeeds().hasOutputs("outcome", "unchanged", "image-id", d.inspect(name).ID)

		s.with("destination", "docker-daemon:web:own").run().succeeds().hasOutputs("outcome", "pulled", "image-id", d.inspect(name).ID)
		if own := d.inspect("web:own"); own.ID != d.inspect(name).ID {
			t.Errorf("the new name belongs to %+v", own)
		}

		d.docker("image", "rm", "--force", name, "web:own")
		r := s.with("destination", "docker-daemon:").run().succeeds().hasOutputs("outcome", "pulled")
		if got := d.inspect(name); got.ID != r.outputs["image-id"] {
			t.Errorf("the engine has %+v, and the output image-id is %s", got, r.outputs["image-id"])
		}
	})
}
