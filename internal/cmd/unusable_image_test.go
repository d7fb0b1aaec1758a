package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// windows is a platform with a version of Windows.
func windows(version string) *v1.Platform {
	return &v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: version}
}

// withoutLayers returns an image manifest that lists no layers, although the config of the
// image lists the layers.
func withoutLayers(l *sourcetest.Layout, config []byte) v1.Descriptor {
	return l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{}, Config: l.Blob(types.OCIConfigJSON, config),
	})
}

// Docker answers an image with other layers than diff ids with "layers from manifest don't
// match image configuration".
func TestImagesThatClientsRefuseAreNotUploaded(t *testing.T) {
	t.Parallel()
	layouts := func(build func(*sourcetest.Layout) v1.Descriptor) func(*stage) []string {
		return changedLayout(func(l *sourcetest.Layout) []sourcetest.File {
			l.Add(build(l))
			return l.Files()
		})
	}
	cases := []invalidInput{
		{name: "fewer layers than diff ids", code: "image-layers-differ", words: []string{"0 layers", "2 layers", "layers from manifest don't match"}, inputs: layouts(func(l *sourcetest.Layout) v1.Descriptor {
			return withoutLayers(l, sourcetest.Config(l.Testing(), sourcetest.AMD64, []byte("a"), []byte("b")))
		})},
		{name: "an unusual architecture", code: "image-platform-name", words: []string{"linux/x86_64", "linux/amd64", "no image found in image index"}, inputs: layouts(func(l *sourcetest.Layout) v1.Descriptor {
			p := &v1.Platform{OS: "linux", Architecture: "x86_64"}
			return l.Index(sourcetest.On(l.Image(p, "x"), p))
		})},
		{name: "another system in the config", code: "image-platform-differs", words: []string{"linux/amd64", "windows/amd64"}, inputs: layouts(func(l *sourcetest.Layout) v1.Descriptor {
			return l.Index(sourcetest.On(l.Image(windows("10.0.1"), "x"), sourcetest.AMD64))
		})},
		{name: "an inner index", code: "image-index-nested", words: []string{"Unexpectedly received a manifest list"}, inputs: layouts(func(l *sourcetest.Layout) v1.Descriptor {
			return l.Index(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, "x"), sourcetest.AMD64)))
		})},
		{name: "too many media types", code: "image-media-type", words: []string{"artifactType"}, inputs: layouts(func(l *sourcetest.Layout) v1.Descriptor {
			var all []v1.Descriptor
			for i := range 20 {
				all = append(all, l.Blob(types.MediaType(fmt.Sprintf("application/vnd.acme.t%d", i)), fmt.Appendf(nil, `{"mediaType":"application/vnd.acme.t%d"}`, i)))
			}
			return l.Index(all...)
		})},
		{name: "an empty index", code: "image-index-empty", inputs: layouts(func(l *sourcetest.Layout) v1.Descriptor { return l.Index() })},
	}
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// The pre-releases of Docker 25 wrote such archives.
func TestArchiveWithAWrongLayoutIsReadFromManifestJSON(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "web:1", "one", "two")
	l := sourcetest.NewLayout(t)
	l.Add(withoutLayers(l, saved.Config), "docker.io/library/web:1")
	var layers []string
	for _, raw := range saved.Layers {
		layers = append(layers, sourcetest.BlobName(l.Blob(types.OCIUncompressedLayer, raw).Digest))
	}
	files := append(l.Files(), sourcetest.ManifestJSON(t, sourcetest.Entry{Config: sourcetest.BlobName(saved.ID()), RepoTags: saved.Tags, Layers: layers}))
	s := newStage(t, acme())
	r := s.with("source", sourcetest.Tar(t, files), "tags", "1").run().succeeds()
	m, _ := s.server.Manifest("acme/web", r.outputs["digest"])
	var got v1.Manifest
	if err := json.Unmarshal(m.Raw, &got); err != nil || len(got.Layers) != 2 {
		t.Errorf("the image has %d layers, %v", len(got.Layers), err)
	}
	if !strings.Contains(r.stdout, "source-index-wrong") && !strings.Contains(r.outputs["json"], "source-index-wrong") {
		r.fatal("no notice about the layout")
	}
	s.with("command", "pull", "source", s.image("acme/web")+":1", "verify-only", "true", "tags", "").run().succeeds()
}

func TestOutputsKeepEachVersionOfAPlatform(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	one, two := windows("10.0.17763.1"), windows("10.0.20348.1")
	linux := sourcetest.On(l.Image(sourcetest.AMD64, "l"), sourcetest.AMD64)
	first, second := sourcetest.On(l.Image(one, "a"), one), sourcetest.On(l.Image(two, "b"), two)
	l.Add(l.Index(first, second, linux))
	s := newStage(t, acme())
	r := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().succeeds()
	var got map[string]string
	if err := json.Unmarshal([]byte(r.outputs["digests"]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"windows(10.0.17763.1)/amd64": first.Digest.String(), "windows(10.0.20348.1)/amd64": second.Digest.String(), "linux/amd64": linux.Digest.String(),
	}
	for key, digest := range want {
		if got[key] != digest || len(got) != len(want) {
			t.Errorf("digests is %v, want %v", got, want)
		}
	}
	if _, set := r.outputs["digest-windows-amd64"]; set || r.outputs["digest-linux-amd64"] != linux.Digest.String() {
		t.Errorf("the outputs are %v", r.outputs)
	}
	for _, text := range []string{r.stdout, r.summary} {
		if !strings.Contains(text, "windows/amd64 10.0.17763.1") || !strings.Contains(text, "windows/amd64 10.0.20348.1") {
			r.fatal("a version is missing in %s", text)
		}
	}
	if !strings.Contains(r.outputs["json"], "platform-ambiguous") {
		r.fatal("no notice about the output")
	}
}

func TestImageFromStandardInputIsPublished(t *testing.T) {
	t.Parallel()
	saved := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", "one", "two")))
	l := sourcetest.NewLayout(t)
	l.Add(l.MultiPlatform(), "web:1")
	oci := sourcetest.TarBytes(t, l.Files())
	raw, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		source string
		raw    []byte
	}{
		"docker save": {"-", raw}, "docker save, compressed": {"-", sourcetest.Gzip(raw)}, "docker save with a prefix": {"docker-archive:-", raw},
		"layout": {"-", oci}, "layout, compressed": {"oci-archive:-", sourcetest.Gzip(oci)}, "one image of a layout": {"-#web:1", oci},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			s.with("source", c.source, "tags", "1").stdin = string(c.raw)
			r := s.run().succeeds()
			if s.server.Tag("acme/web", "1") != r.outputs["digest"] || !strings.Contains(r.outputs["json"], "source-stored") {
				r.fatal("the tag points at %s", s.server.Tag("acme/web", "1"))
			}
			if left, _ := filepath.Glob(filepath.Join(s.dir, "ghcr-publish-source-*")); len(left) > 0 { // the pattern is valid
				t.Errorf("the temporary file %q is left", left)
			}
		})
	}
	s := newStage(t, acme())
	s.with("source", "-", "tags", "1").run().wroteNothing().failsWith("source-not-a-layout", "no bytes")
	s.with("source", "-").stdin = "no image"
	s.run().wroteNothing().failsWith("source-not-a-layout")
	if left, _ := filepath.Glob(filepath.Join(s.dir, "ghcr-publish-source-*")); len(left) > 0 {
		t.Errorf("the temporary file %q is left", left)
	}
}

func TestContentInsideADescriptorNeedsNoFile(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	config := l.Blob("application/vnd.oci.empty.v1+json", []byte("{}"))
	config.Data = []byte("{}")
	layer := l.Blob("text/plain", []byte("hi"))
	d := l.JSON(types.OCIManifestSchema1, map[string]any{
		"schemaVersion": 2, "mediaType": types.OCIManifestSchema1, "artifactType": "application/x-note", "config": config, "layers": []v1.Descriptor{layer},
	})
	l.Add(d)
	s := newStage(t, acme())
	r := s.with("source", sourcetest.Dir(t, sourcetest.Without(l.Files(), sourcetest.BlobName(config.Digest))), "tags", "note").run().succeeds()
	r.hasOutputs("digest", d.Digest.String(), "pushed", "true")
	if strings.Contains(r.stdout, "docker pull") {
		r.fatal("Docker cannot pull an artifact")
	}
}

// Some registries answer 404 to a request that does not accept the media type of the
// manifest, as the embedded registry does.
func TestManifestWithItsOwnMediaTypeIsReadBack(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	const own = "application/vnd.oci.artifact.manifest.v1+json"
	d := l.JSON(own, map[string]any{"mediaType": own, "artifactType": "application/x-note", "blobs": []v1.Descriptor{l.Blob("text/plain", []byte("hi"))}})
	l.Add(d)
	s := newStage(t, acme()).with("source", sourcetest.Dir(t, l.Files()), "tags", "note")
	s.run().succeeds().hasOutputs("pushed", "true", "digest", d.Digest.String(), "outcome", "published")
	s.run().succeeds().hasOutputs("pushed", "true", "outcome", "unchanged")
}

func TestSignaturesInALayoutOfCosignAreNotCandidates(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	image := l.Image(sourcetest.AMD64, "x")
	image.Annotations = map[string]string{"kind": "dev.cosignproject.cosign/image"}
	signature := l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: l.Blob(types.OCIConfigJSON, []byte(`{"rootfs":{"diff_ids":[]}}`)),
		Layers: []v1.Descriptor{l.Blob("application/vnd.dev.cosign.simplesigning.v1+json", []byte("{}"))},
	})
	signature.Annotations = map[string]string{"kind": "dev.cosignproject.cosign/sigs"}
	l.Add(image)
	l.Add(signature)
	s := newStage(t, acme())
	r := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().succeeds().hasOutputs("digest", image.Digest.String())
	if !strings.Contains(r.outputs["json"], "source-referrers-left") {
		r.fatal("no notice about the signature")
	}
}

// A Docker engine answers such an image with "wrong diff id calculated on extraction".
func TestWrongDiffIDsAreFoundByAPullThatReadsTheLayers(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	layer := l.Blob(types.OCILayer, sourcetest.Gzip(sourcetest.LayerTar(t, "x")))
	d := l.JSON(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{layer},
		Config: l.Blob(types.OCIConfigJSON, sourcetest.Config(t, sourcetest.AMD64, []byte("other"))),
	})
	l.Add(d)
	s := newStage(t, acme())
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1").run().succeeds()
	s.with("command", "pull", "source", s.image("acme/web")+":1", "tags", "")
	s.with("verify-only", "true").run().failsWith("image-layer-wrong", layer.Digest.String()[:19])
	file := filepath.Join(t.TempDir(), "o.tar")
	s.with("verify-only", "", "destination", "docker-archive:"+file).run().failsWith("image-layer-wrong")
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the archive exists: %v", err)
	}
	s.with("destination", "oci:"+filepath.Join(t.TempDir(), "layout")).run().succeeds() // a layout keeps the image as it is
	e := sourcetest.NewEngine(t)
	s.env["DOCKER_HOST"] = e.Host
	s.with("destination", "docker-daemon:").run().failsWith("image-layer-wrong")
}

// The run reads a config that it copies from another registry before the first upload.
func TestCopiedImageThatClientsRefuseIsNotUploaded(t *testing.T) {
	t.Parallel()
	other := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	good := sourcetest.On(l.Image(sourcetest.ARM64, "x"), sourcetest.ARM64)
	bad := sourcetest.On(withoutLayers(l, sourcetest.Config(t, sourcetest.AMD64, []byte("a"))), sourcetest.AMD64)
	other.server.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Public})
	for _, f := range l.Files() {
		if _, err := other.server.AddBlob("acme/web", f.Body); err != nil {
			t.Fatal(err)
		}
	}
	add := func(tag string, d v1.Descriptor) {
		for _, f := range l.Files() {
			if f.Name == sourcetest.BlobName(d.Digest) {
				other.server.AddManifest("acme/web", tag, string(d.MediaType), f.Body)
			}
		}
	}
	add("", good)
	add("", bad)
	add("bad", l.Index(good, bad))
	add("good", l.Index(good))
	s := newStage(t, acme())
	s.with("source", "docker://"+other.image("acme/web:bad"), "tags", "1").run().wroteNothing().failsWith("image-layers-differ")
	s.with("labels", "a=b").run().wroteNothing().failsWith("image-layers-differ") // The run reads each config to add the label.
	s.with("labels", "")
	other.server.Reset()
	s.with("source", "docker://"+other.image("acme/web:good")).run().succeeds()
	reads := 0
	for _, q := range other.server.Requests() {
		if q.Method == "GET" && strings.HasPrefix(q.Path, "/v2/acme/web/blobs/sha256") {
			reads++
		}
	}
	if reads != 2 {
		t.Errorf("the run reads blobs %d times, want once the config and once the layer", reads)
	}
}
