package cmd_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// push runs a matrix job: it pushes one platform image and returns its digest
// outputs, which are the outputs that a job passes to merge.
func (s *stage) push(path string, inputs ...string) map[string]string {
	s.t.Helper()
	s.with("source", path, "push-by-digest", "true", "command", "publish").with(inputs...)
	r := s.run().succeeds()
	s.with("source", "", "push-by-digest", "", "digest-name", "")
	out := map[string]string{}
	for name, value := range r.outputs {
		if strings.HasPrefix(name, "digest-") {
			out[name] = value
		}
	}
	return out
}

// merge is the job after the matrix.
func (s *stage) merge(outputs map[string]string, inputs ...string) result {
	s.t.Helper()
	raw, err := json.Marshal(outputs)
	s.check(err)
	return s.with("command", "merge", "digests", string(raw)).with(inputs...).run()
}

// threePlatformImages pushes platform images for three platforms.
func threePlatformImages(t *testing.T, s *stage) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	for _, p := range []*v1.Platform{
		sourcetest.ARM64, sourcetest.AMD64, {OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.2", OSFeatures: []string{"win32k"}},
	} {
		path, _ := platformImage(t, p, "shared", p.OS+p.Architecture)
		for name, value := range s.push(path) {
			outputs[name] = value
		}
	}
	return outputs
}

func index(t *testing.T, s *stage, reference string) v1.IndexManifest {
	t.Helper()
	m, exists := s.server.Manifest("acme/web", reference)
	var doc v1.IndexManifest
	if err := json.Unmarshal(m.Raw, &doc); !exists || err != nil {
		t.Fatalf("index %q: exists: %t, %v", reference, exists, err)
	}
	return doc
}

func TestMergeJoinsPlatformImagesIntoOneIndex(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	outputs := threePlatformImages(t, s)
	r := s.merge(outputs, "tags", "1.2.3\nlatest", "expect-platforms", "linux/amd64, linux/arm64/v8\nwindows/amd64").succeeds()
	r.hasOutputs("tag-names", "1.2.3\nlatest", "pushed", "true", "changed", "true", "outcome", "published", "anonymous-pull", "verified", "linked", "yes")
	if n := r.count("POST", "/blobs/uploads/"); n != 1 { // the upload that the preflight opens
		t.Errorf("%d uploads were opened, want only the upload of the preflight", n)
	}
	doc := index(t, s, "latest")
	var platforms []string
	for _, d := range doc.Manifests {
		platforms = append(platforms, fmt.Sprint(d.Platform.OS, " ", d.Platform.Architecture, " ", d.Platform.Variant, " ", d.Platform.OSVersion, d.Platform.OSFeatures))
	}
	want := []string{
		"linux amd64  []", "linux arm64 v8 []", "windows amd64  10.0.20348.2[win32k]",
		"unknown unknown  []", "unknown unknown  []", "unknown unknown  []",
	}
	if !slices.Equal(platforms, want) {
		t.Errorf("the index contains %q, want %q", platforms, want)
	}
	for i, d := range doc.Manifests[3:] {
		if of := d.Annotations["vnd.docker.reference.digest"]; of != doc.Manifests[i].Digest.String() {
			t.Errorf("attestation %d belongs to %s, want %s", i, of, doc.Manifests[i].Digest)
		}
	}
	for key, want := range map[string]string{
		"org.opencontainers.image.revision": strings.Repeat("c", 40), "org.opencontainers.image.version": "1.2.3",
		"org.opencontainers.image.created": "", // with this annotation, two runs would not give the same index
	} {
		if got := doc.Annotations[key]; got != want {
			t.Errorf("annotation %s is %q, want %q", key, got, want)
		}
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged", "digest", r.outputs["digest"])
}

// The entry of an index can lack a field that only the config contains. docker needs the
// field to choose an image.
func TestMergeCompletesPlatformsFromTheConfig(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	full := &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.26100.1"}
	l.Add(l.Index(sourcetest.On(l.Image(full, "windows"), &v1.Platform{OS: "windows", Architecture: "amd64"})))
	outputs := s.push(sourcetest.Dir(t, l.Files()))
	path, _ := platformImage(t, &v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, "arm")
	for name, digest := range s.push(path) {
		outputs[name] = digest
	}
	s.merge(outputs, "tags", "1", "attestations", "strip").succeeds()
	doc := index(t, s, "1")
	if len(doc.Manifests) != 2 || doc.Manifests[0].Platform.Variant != "v7" || doc.Manifests[1].Platform.OSVersion != full.OSVersion {
		t.Errorf("the index contains %+v", doc.Manifests)
	}
}

func TestMergeStripsAttestations(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	r := s.merge(threePlatformImages(t, s), "tags", "1", "attestations", "strip").succeeds()
	if doc := index(t, s, "1"); len(doc.Manifests) != 3 {
		t.Errorf("the index has %d entries, want the three images\n%v", len(doc.Manifests), r.outputs)
	}
}

// If merge gets only one image, it publishes that image without a new index.
func TestMergeOfOnePlatformImageAddsNoIndex(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	path, digest := platformImage(t, sourcetest.AMD64, "app")
	s.merge(s.push(path), "tags", "1").succeeds().hasOutputs("digest", digest)
	if got := s.server.Tag("acme/web", "1"); got != digest {
		t.Errorf("the tag points at %s, want %s", got, digest)
	}
}

func TestMergeErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		bend  func(*stage, map[string]string)
		code  string
		words []string
	}{
		{
			"a missing platform", func(s *stage, _ map[string]string) {
				s.with("expect-platforms", "linux/amd64,linux/arm64,linux/arm/v7,windows/amd64")
			}, "platform-missing", []string{"linux/arm/v7", "digest-linux-arm-v7", `linux/arm64 of the entry "digest-linux-arm64"`},
		},
		{
			"a platform that is not expected", func(s *stage, _ map[string]string) { s.with("expect-platforms", "linux/amd64,linux/arm64") },
			"platform-unexpected", []string{`"digest-windows-amd64"`, "expect-platforms"},
		},
		{
			"the same platform twice", func(s *stage, o map[string]string) {
				path, _ := platformImage(s.t, sourcetest.ARM64, "again")
				o["digest-again"] = s.push(path)["digest-linux-arm64"]
			}, "platform-duplicate", []string{"linux/arm64", `"digest-again"`, `"digest-linux-arm64"`},
		},
		{
			"a digest that does not exist", func(_ *stage, o map[string]string) {
				o["digest-linux-arm64"] = "sha256:" + strings.Repeat("0", 64)
			}, "platform-image-missing", []string{`"digest-linux-arm64"`, "push-by-digest: true"},
		},
		{
			"a job that skipped its push", func(_ *stage, o map[string]string) { o["digest-linux-arm64"] = "skipped" },
			"images-skipped", []string{"digest-linux-arm64", "packages: write"},
		},
		{
			"an output that holds something else", func(_ *stage, o map[string]string) { o["digest-linux-arm64"] = "latest" },
			"digest-invalid", []string{`"digest-linux-arm64"`, "toJSON(needs.JOB.outputs)"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			outputs := threePlatformImages(t, s)
			c.bend(s, outputs)
			s.merge(outputs, "tags", "latest").failsWith(c.code, c.words...).wroteNothing()
		})
	}
}

func TestMergeSkipsIfAllJobsSkippedTheirPush(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.merge(map[string]string{"digest-linux-amd64": "skipped", "digest-linux-arm64": "skipped"}).succeeds().wroteNothing().
		hasOutputs("outcome", "skipped", "pushed", "false", "digest", "")
}

func TestMergeSelectsTheImagesThatMatchDigestName(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	outputs := map[string]string{}
	for _, app := range []string{"web", "api"} {
		for _, p := range []*v1.Platform{sourcetest.AMD64, sourcetest.ARM64} {
			path, _ := platformImage(t, p, app)
			name := app + "-" + p.Architecture
			outputs["digest-"+name] = s.push(path, "digest-name", name)["digest-"+name]
		}
	}
	s.merge(outputs, "tags", "1", "digest-name", "web-*", "attestations", "strip").succeeds()
	if doc := index(t, s, "1"); len(doc.Manifests) != 2 {
		t.Errorf("the index has %d entries, want the two of web", len(doc.Manifests))
	}
}

// A merge into several repositories mounts the blobs that the other repository lacks.
func TestMergeIntoAnotherRepositoryUploadsNoBlob(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}}
	s := newStage(t, c)
	outputs := threePlatformImages(t, s)
	r := s.merge(outputs, "tags", "1", "image", s.image("acme/web")+"\n"+s.image("acme/web/copy")).succeeds()
	if n := r.count("PUT", "/blobs/"); n != 0 {
		t.Errorf("%d blobs were uploaded", n)
	}
	if a, b := s.server.Tag("acme/web", "1"), s.server.Tag("acme/web/copy", "1"); a == "" || a != b {
		t.Errorf("the tags point at %q and %q", a, b)
	}
}

// A large merge reads the manifest of each image and its config, which needs a
// redirect, and sends few other requests.
func TestMergeOf64ImagesSendsAtMostFourRequestsPerImage(t *testing.T) {
	t.Parallel()
	const images = 64
	s := newStage(t, acme())
	outputs := map[string]string{}
	for n := range images {
		p := &v1.Platform{OS: "linux", Architecture: fmt.Sprintf("arch%d", n)}
		l := sourcetest.NewLayout(t)
		var layers []string
		for k := range 20 {
			layers = append(layers, fmt.Sprint(n, "-", k))
		}
		d := l.Image(p, layers...)
		l.Add(d)
		for _, f := range l.Files() {
			if _, err := s.server.AddBlob("acme/web", f.Body); err != nil {
				t.Fatal(err)
			}
		}
		raw, _ := s.server.Blob("acme/web", d.Digest.String())
		outputs["digest-linux-arch"+fmt.Sprint(n)] = s.server.AddManifest("acme/web", "", string(d.MediaType), raw)
	}
	s.server.AddPackage(ghcrtest.Package{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public})
	r := s.merge(outputs, "tags", "1\nlatest").succeeds().hasOutputs("anonymous-pull", "verified")
	if n := len(r.requests); n > 4*images {
		t.Errorf("%d requests for %d images", n, images)
	}
	for _, q := range r.requests {
		if strings.Contains(q.Path, "/blobs/") && q.Received > 0 {
			t.Errorf("a blob was uploaded: %s %s", q.Method, q.Path)
		}
	}
}

// A failed merge must not state the reason of a skipped one.
func TestFailedMergeStatesNoReasonForASkip(t *testing.T) {
	t.Parallel()
	r := newStage(t, acme()).with("command", "merge", "digests", "not-a-digest", "tags", "1").run()
	r.failsWith("digest-invalid").hasOutputs("outcome", "failed")
	if strings.Contains(r.outputs["json"], `"reason"`) {
		t.Errorf("the report is %s", r.outputs["json"])
	}
}
