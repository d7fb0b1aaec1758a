package cmd_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// tagState returns the state of each tag in the output "json".
func (r result) tagState() map[string]string {
	r.t.Helper()
	var data struct {
		Images []struct {
			Tags []struct{ Reference, State string }
		}
	}
	if err := json.Unmarshal([]byte(r.outputs["json"]), &data); err != nil {
		r.fatal("reading the output json: %v", err)
	}
	out := map[string]string{}
	for _, image := range data.Images {
		for _, tag := range image.Tags {
			_, name, _ := strings.Cut(tag.Reference, "/acme/")
			out[name] = tag.State
		}
	}
	return out
}

// The second image of a release fails at each step. The tag "old" of both images exists
// before the release, and the tag "next" does not exist.
func TestReleaseFailsAtEachStepOfTheSecondImage(t *testing.T) {
	t.Parallel()
	refused := ghcrtest.Answer{Status: 400, Code: "MANIFEST_INVALID", Message: "no"}
	cases := []struct {
		name, method, path string
		gate               string
		code               string
		states             map[string]string // the state of the tags after the run; nil if the report contains no tags
		moved              []string          // the tags that point at the new images
	}{
		{
			name: "blob", method: "PUT", path: "/acme/worker/blobs/", code: "registry-refused",
			states: map[string]string{"api:next": "untouched", "api:old": "untouched", "worker:next": "untouched", "worker:old": "untouched"},
		},
		{
			name: "manifest", method: "PUT", path: "/acme/worker/manifests/sha256", code: "registry-refused",
			states: map[string]string{"api:next": "untouched", "api:old": "untouched", "worker:next": "untouched", "worker:old": "untouched"},
		},
		{
			name: "gate", gate: `case "$IMAGE" in */worker) exit 1 ;; esac`, code: "gate-failed",
			states: map[string]string{"api:next": "untouched", "api:old": "untouched", "worker:next": "untouched", "worker:old": "untouched"},
		},
		{
			name: "tag that exists", method: "PUT", path: "/acme/worker/manifests/old", code: "release-partial", moved: []string{"api:next", "worker:next"},
			states: map[string]string{"api:next": "moved", "api:old": "restored", "worker:next": "moved", "worker:old": "untouched"},
		},
		{
			name: "new tag", method: "PUT", path: "/acme/worker/manifests/next", code: "release-partial", moved: []string{"api:next"},
			states: map[string]string{"api:next": "moved", "api:old": "restored", "worker:next": "untouched", "worker:old": "restored"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			before, beforeDigest := platformImage(t, sourcetest.AMD64, "before")
			s.with("sources", "api="+before+"\nworker="+before, "tags", "old").run().succeeds()
			api, apiDigest := platformImage(t, sourcetest.AMD64, "base", "api")
			worker, workerDigest := platformImage(t, sourcetest.AMD64, "base", "worker")
			if c.gate != "" {
				gated(s, c.gate)
			} else {
				s.server.Inject(ghcrtest.Fault{Method: c.method, Path: c.path, Times: ghcrtest.Always, Effect: refused})
			}
			r := s.with("sources", "api="+api+"\nworker="+worker, "tags", "old\nnext").run().failsWith(c.code)
			wanted := map[string]string{"api:next": apiDigest, "api:old": apiDigest, "worker:next": workerDigest, "worker:old": workerDigest}
			for tag, want := range wanted {
				image, name, _ := strings.Cut(tag, ":")
				if !slices.Contains(c.moved, tag) {
					want = map[string]string{"old": beforeDigest}[name]
				}
				if got := s.server.Tag("acme/"+image, name); got != want {
					t.Errorf("%s points at %q, want %q", tag, got, want)
				}
				if got := r.tagState()[tag]; got != c.states[tag] {
					t.Errorf("the report of %s is %q, want %q", tag, got, c.states[tag])
				}
			}
			named := r.stdout[strings.LastIndex(r.stdout, "::error"):]
			for _, tag := range c.moved {
				if !strings.Contains(named, s.image("acme/"+tag)+" points at "+wanted[tag]) {
					r.fatal("the error does not name %s", tag)
				}
			}
		})
	}
}

// Two images of docker save share a layer that is not compressed yet. The run compresses
// and sends the layer once.
func TestImagesInOneFileArePublishedUnderTheirNames(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		write func(*testing.T) string
	}{
		{"docker save", bundle},
		{"layout with several names", func(t *testing.T) string {
			l := sourcetest.NewLayout(t)
			for _, name := range []string{"docker.io/library/api:test", "localhost/worker:test"} {
				d := l.Image(sourcetest.AMD64, "base", name)
				d.Annotations = map[string]string{"io.containerd.image.name": name, "org.opencontainers.image.ref.name": "test"}
				l.Add(d)
			}
			return sourcetest.Dir(t, l.Files())
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			r := s.with("sources", "*="+c.write(t), "tags", "1.2.3").run().succeeds()
			var digests map[string]string
			s.check(json.Unmarshal([]byte(r.outputs["digests-by-image"]), &digests))
			for _, image := range []string{"acme/api", "acme/worker"} {
				got := s.server.Tag(image, "1.2.3")
				if got == "" || digests[s.image(image)] != got {
					t.Errorf("the tag of %s is %q, and the output contains %q", image, got, digests[s.image(image)])
				}
			}
			if digests[s.image("acme/api")] == digests[s.image("acme/worker")] {
				t.Error("the two images have the same digest")
			}
			sent := map[string]int{}
			for _, q := range r.requests {
				if _, digest, ok := strings.Cut(q.Path, "digest="); ok && q.Method == "PUT" {
					sent[digest]++
				}
			}
			for digest, n := range sent {
				if n > 1 {
					t.Errorf("the run sent the blob %s %d times", digest, n)
				}
			}
			if len(sent) != 5 { // one shared layer, two own layers and two configs
				t.Errorf("the run sent %d blobs, want 5", len(sent))
			}
		})
	}
}

// An image without a name in a file cannot be published, because its repository is unknown.
func TestImagesWithoutANameAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "one"))
	l.Add(l.Image(sourcetest.AMD64, "two"))
	s.with("sources", "*="+sourcetest.Dir(t, l.Files()), "tags", "1").run().failsWith("source-images-unnamed").wroteNothing()
}

// bundle writes a tar of docker save with two images.
func bundle(t *testing.T) string {
	t.Helper()
	return sourcetest.Tar(t, sourcetest.DockerSave(t,
		sourcetest.NewSaved(t, "api:test", "base", "api"), sourcetest.NewSaved(t, "worker:test", "base", "worker")))
}

// A tag of the second image cannot be written, and another run moves a tag of the first
// image. The restore keeps the image of the other run, and the report names it.
func TestRestoreKeepsTheTagsOfAnotherRun(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, path string
		after              bool   // the other run writes the tag after this run
		state              string // of the tag after the run
	}{
		{name: "before this run moves the tag", method: "PUT", path: "/acme/worker/blobs/", state: "restored"},
		{name: "after this run has moved the tag", method: "GET", path: "/acme/api/manifests/", after: true, state: "elsewhere"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			theirs, theirDigest := platformImage(t, sourcetest.AMD64, "theirs")
			s.with("source", theirs, "image", "acme/api", "tags", "theirs").run().succeeds()
			delete(s.env, "INPUT_SOURCE")
			delete(s.env, "INPUT_IMAGE")
			before, beforeDigest := platformImage(t, sourcetest.AMD64, "before")
			s.with("sources", "api="+before+"\nworker="+before, "tags", "old").run().succeeds()
			api, apiDigest := platformImage(t, sourcetest.AMD64, "base", "api")
			worker, _ := platformImage(t, sourcetest.AMD64, "base", "worker")
			other, _ := s.server.Manifest("acme/api", theirDigest)
			s.server.Inject(
				ghcrtest.Fault{Method: "PUT", Path: "/acme/worker/manifests/old", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 400, Code: "MANIFEST_INVALID"}},
				ghcrtest.Fault{Method: c.method, Path: c.path, Times: ghcrtest.Always, Effect: ghcrtest.BeforeAnswer{Do: func() {
					if ours := s.server.Tag("acme/api", "old") == apiDigest; ours == c.after {
						s.server.AddManifest("acme/api", "old", other.MediaType, other.Raw)
					}
				}}},
			)
			r := s.with("sources", "api="+api+"\nworker="+worker).run()
			if r.code == 0 {
				r.fatal("the release succeeded")
			}
			if got := s.server.Tag("acme/api", "old"); got != theirDigest {
				t.Errorf("the tag points at %s, want %s of the other run", got, theirDigest)
			}
			if got := s.server.Tag("acme/worker", "old"); got != beforeDigest {
				t.Errorf("the tag of the second image points at %s, want %s", got, beforeDigest)
			}
			if got := r.tagState()["api:old"]; got != c.state {
				t.Errorf("the report of the tag is %q, want %q", got, c.state)
			}
			if want := map[bool]string{true: beforeDigest, false: theirDigest}[c.after]; !strings.Contains(r.outputs["previous"], s.image("acme/api:old")+`":"`+want) {
				t.Errorf("the output previous is %s, want %s for the tag of the first image", r.outputs["previous"], want)
			}
			named := strings.Contains(r.stdout, "Moved by another run: "+s.image("acme/api:old")+" points at "+theirDigest)
			if named != c.after || slices.Contains(r.codes(), "release-partial") != c.after {
				r.fatal("the error names the tag: %t", named)
			}
			if c.after && !strings.Contains(r.summary, "written, and then moved by another run to "+theirDigest) {
				r.fatal("the summary does not contain the digest of the other run: %s", r.summary)
			}
		})
	}
}
