package cmd_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// withEngine returns a stage with a published acme/web, and a Docker engine.
func withEngine(t *testing.T) (*stage, *sourcetest.Engine) {
	t.Helper()
	s, _ := publishedStage(t, ghcrtest.Public)
	e := sourcetest.NewEngine(t)
	s.env["DOCKER_HOST"] = e.Host
	return s.with("command", "pull", "source", s.image("acme/web")+":1.2.3", "destination", "docker-daemon:"), e
}

// idOf returns the id of an image in the classic store, which is the digest of its config.
func (s *stage) idOf(digest string) string {
	s.t.Helper()
	found, _ := s.server.Manifest("acme/web", digest)
	var m struct{ Config struct{ Digest string } }
	s.check(json.Unmarshal(found.Raw, &m))
	return m.Config.Digest
}

func TestPullIntoTheDockerEngine(t *testing.T) {
	t.Parallel()
	for _, containerd := range []bool{false, true} {
		s, e := withEngine(t)
		e.Containerd, e.Arch = containerd, "arm64" // another architecture than most machines
		r := s.run().succeeds().wroteNothing()
		id := s.idOf(r.outputs["digest"])
		if containerd {
			id = r.outputs["digest"]
		}
		r.hasOutputs("image-id", id, "platforms", "linux/arm64", "outcome", "pulled", "path", "", "anonymous-pull", "verified")
		if names := e.Names(id); len(names) != 1 || names[0] != s.image("acme/web")+":1.2.3" || !strings.Contains(r.stdout, id) {
			r.fatal("the names in the engine are %q", names)
		}
		if !strings.Contains(r.summary, "To the Docker engine: `"+r.outputs["digest"]) {
			t.Errorf("the summary is %q", r.summary)
		}
		fetched := r.count("GET", "/blobs/")

		again := s.run().succeeds().hasOutputs("image-id", id, "outcome", "unchanged", "digest", r.outputs["digest"])
		named := s.with("destination", "docker-daemon:web:dev").run().succeeds().hasOutputs("image-id", id, "outcome", "pulled")
		if again.count("GET", "/blobs/")+named.count("GET", "/blobs/") > 0 || e.Loads.Load() != 1 || fetched == 0 {
			t.Errorf("%d blobs were fetched, then %d and %d, in %d loads", fetched, again.count("GET", "/blobs/"), named.count("GET", "/blobs/"), e.Loads.Load())
		}
		if names := e.Names(id); len(names) != 2 || names[1] != "web:dev" || !strings.Contains(named.stdout, "0 blobs fetched") || !strings.Contains(again.stdout, "Nothing to do") {
			again.fatal("the names in the engine are then %q", names)
		}

		other := s.with("destination", "docker-daemon:", "platform", "linux/amd64").run().succeeds().hasOutputs("platforms", "linux/amd64", "outcome", "pulled")
		if got := e.Names(other.outputs["image-id"]); len(got) != 1 || len(e.Names(id)) != 1 {
			t.Errorf("the names of the other platform are %q, of the first %q", got, e.Names(id))
		}
	}
}

func TestPullByDigestIntoTheDockerEngine(t *testing.T) {
	t.Parallel()
	s, e := withEngine(t)
	digest := s.with("command", "inspect", "destination", "").run().succeeds().outputs["digest"]
	r := s.with("command", "pull", "source", s.image("acme/web")+"@"+digest, "destination", "docker-daemon:").run().succeeds()
	if names := e.Names(r.outputs["image-id"]); names == nil || len(names) > 0 || !strings.Contains(r.stdout, "without a name") {
		r.fatal("the names in the engine are %q", names)
	}
}

// The config is fetched once, although pull reads it to compare the layers. Only layers
// that the other image of the engine lacks are fetched.
func TestDockerEngineReceivesOnlyNewLayers(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	e := sourcetest.NewEngine(t)
	s.env["DOCKER_HOST"] = e.Host
	for _, tag := range []string{"1", "2"} {
		saved := sourcetest.NewSaved(t, "web:"+tag, "base", "middle", "top of "+tag)
		s.with("command", "publish", "source", sourcetest.Tar(t, sourcetest.DockerSave(t, saved)), "tags", tag, "destination", "").run().succeeds()
		s.with("command", "pull", "source", s.image("acme/web")+":"+tag, "destination", "docker-daemon:", "tags", "")
		r := s.run().succeeds().hasOutputs("outcome", "pulled", "image-id", saved.ID().String())
		want := map[string]string{"1": "4 blobs fetched", "2": "2 blobs fetched"}[tag]
		if !strings.Contains(r.stdout, want) {
			r.fatal("the log does not contain %q", want)
		}
		if got := r.count("GET", "/ghcr1/blobs/"); tag == "2" && got != 2 {
			t.Errorf("%d blobs were fetched, want the config and one layer", got)
		}
	}
}

func TestPullErrorsOfTheDockerEngine(t *testing.T) {
	t.Parallel()
	full := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}`)
	}
	gone := func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}
	cases := []struct {
		name    string
		loading http.HandlerFunc
		inputs  []string
		code    string
		words   []string
	}{
		{"no disk space", full, nil, "engine-refused", []string{"No space left on device", "docker system df"}},
		{"the engine ends", gone, nil, "engine-interrupted", []string{"Check that the engine runs"}},
		{"the engine does not store the image", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, nil, "destination-differs", []string{"has no image instead of"}},
		{"no such platform", nil, []string{"platform", "linux/s390x"}, "platform-missing", []string{"linux/amd64, linux/arm64"}},
		{"no such tag", nil, []string{"source", "HOST/acme/web:9"}, "image-not-found", []string{"acme/web:9"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, e := withEngine(t)
			e.Loading = c.loading
			for i, v := range c.inputs {
				c.inputs[i] = strings.ReplaceAll(v, "HOST", s.server.Host())
			}
			r := s.with(c.inputs...).run()
			r.failsWith(c.code, c.words...).hasOutputs("outcome", "failed", "digest", "", "image-id", "")
		})
	}
	s, _ := withEngine(t)
	s.env["DOCKER_HOST"] = "unix:///no/such.sock"
	r := s.run().failsWith("engine-unreachable", "Start Docker").hasOutputs("outcome", "failed")
	if len(r.requests) > 0 {
		t.Error("the registry received a request before the engine")
	}
}

// A missing blob truncates the archive. The error quotes the registry, not the engine.
func TestMissingBlobEndsTheLoad(t *testing.T) {
	t.Parallel()
	s, e := withEngine(t)
	s.server.Inject(ghcrtest.Fault{Method: "GET", Path: "/ghcr1/blobs/", After: 1, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404, Message: "gone"}})
	r := s.run().failsWith("image-not-found").hasOutputs("outcome", "failed", "image-id", "")
	if len(e.LoadedBlobs()) > 0 || strings.Contains(r.stdout, "Docker engine at") {
		r.fatal("the engine loaded %q", e.LoadedBlobs())
	}
}

func TestCancelDuringALoad(t *testing.T) {
	t.Parallel()
	s, e := withEngine(t)
	s.server.Inject(ghcrtest.Fault{Method: "GET", Path: "/ghcr1/blobs/", After: 1, Times: ghcrtest.Always, Effect: ghcrtest.Stall{}})
	r := s.cancelWhen(func(q ghcrtest.Request) bool {
		return strings.HasPrefix(q.Path, "/ghcr1/blobs/") && strings.Count(s.paths(), "/ghcr1/blobs/") > 1
	})
	if len(e.LoadedBlobs()) > 0 {
		r.fatal("the engine loaded %q", e.LoadedBlobs())
	}
}

// paths returns the paths of all requests until now.
func (s *stage) paths() string {
	var out []string
	for _, q := range s.server.Requests() {
		out = append(out, q.Path)
	}
	return strings.Join(out, "\n")
}
