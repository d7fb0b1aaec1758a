package cmd_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func digestOf(raw []byte) v1.Hash {
	h, _, _ := v1.SHA256(bytes.NewReader(raw)) // reading from memory does not fail
	return h
}

// addImage adds an image to the registry without any validation.
func (s *stage) addImage(repo, tag string, config []byte, change func(*v1.Manifest), layers ...[]byte) {
	s.t.Helper()
	s.server.AddPackage(ghcrtest.Package{Name: repo, Repository: "acme/web", Visibility: ghcrtest.Public})
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: v1.Descriptor{MediaType: types.OCIConfigJSON, Size: int64(len(config)), Digest: digestOf(config)},
	}
	_, err := s.server.AddBlob(repo, config)
	s.check(err)
	for _, l := range layers {
		_, err := s.server.AddBlob(repo, l)
		s.check(err)
		m.Layers = append(m.Layers, v1.Descriptor{MediaType: types.OCILayer, Size: int64(len(l)), Digest: digestOf(l)})
	}
	if change != nil {
		change(&m)
	}
	raw, err := json.Marshal(m)
	s.check(err)
	s.server.AddManifest(repo, tag, string(m.MediaType), raw)
}

func dockerSave(t *testing.T, texts ...string) string {
	t.Helper()
	return sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "web:1", texts...)))
}

// The image under a tag can be damaged. Such an image does not fail the run, and its
// layers are not reused.
func TestDamagedImageUnderATagIsNotReused(t *testing.T) {
	t.Parallel()
	one, two := sourcetest.LayerTar(t, layer("one")), sourcetest.LayerTar(t, layer("two"))
	both := sourcetest.Config(t, sourcetest.AMD64, one, two)
	cases := []struct {
		name   string
		change func(*v1.Manifest)
		layers [][]byte
	}{
		{"fewer layers than in its config", nil, [][]byte{sourcetest.Gzip(two)}},
		{"a config with a wrong size", func(m *v1.Manifest) { m.Config.Size += 7 }, [][]byte{sourcetest.Gzip(one), sourcetest.Gzip(two)}},
		{"a config with a negative size", func(m *v1.Manifest) { m.Config.Size = -1 }, [][]byte{sourcetest.Gzip(one), sourcetest.Gzip(two)}},
		{"a layer with a negative size", func(m *v1.Manifest) { m.Layers[0].Size = -1 }, [][]byte{sourcetest.Gzip(one), sourcetest.Gzip(two)}},
		{"layers with URLs", func(m *v1.Manifest) { m.Layers[0].URLs = []string{"https://evil.example/x"} }, [][]byte{sourcetest.Gzip(one), sourcetest.Gzip(two)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			s.addImage("acme/web", "edge", both, c.change, c.layers...)
			s.with("source", dockerSave(t, layer("one"), layer("three")), "tags", "edge", "monotonic", "false").run().succeeds()
			s.verifiedLayers(s.manifest("edge"))
			if found, _ := s.server.Manifest("acme/web", "edge"); bytes.Contains(found.Raw, []byte("evil")) {
				t.Errorf("the published manifest is %s", found.Raw)
			}
		})
	}
}

// The engine has verified only the image that it pulled from an index, and not the other
// images of the index.
func TestForgedImageInTheIndexOfAPulledImageIsNotReused(t *testing.T) {
	t.Parallel()
	one, evil := sourcetest.LayerTar(t, layer("one")), sourcetest.LayerTar(t, layer("evil"))
	config := sourcetest.Config(t, sourcetest.AMD64, one)
	other := append(bytes.TrimSuffix(config, []byte("}")), []byte(`,"author":"x"}`)...)
	for name, forged := range map[string][]byte{"another config": other, "the same config": config} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme())
			s.addImage("acme/base", "good", config, nil, sourcetest.Gzip(one))
			s.addImage("acme/base", "bad", forged, nil, sourcetest.Gzip(evil))
			index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
			for _, tag := range []string{"good", "bad"} {
				m, _ := s.server.Manifest("acme/base", tag)
				index.Manifests = append(index.Manifests, v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digestOf(m.Raw), Size: int64(len(m.Raw)), Platform: sourcetest.AMD64})
			}
			raw, err := json.Marshal(index)
			s.check(err)
			s.server.AddManifest("acme/base", "1", string(types.OCIImageIndex), raw)
			below, app := sourcetest.NewSaved(t, "base:1", layer("one")), sourcetest.NewSaved(t, "web:dev", layer("one"), layer("three"))
			s.env["DOCKER_HOST"] = sourcetest.NewEngine(t,
				sourcetest.EngineImage{ID: below.ID().String(), Names: below.Tags, Layers: below.DiffIDs(), Digests: []string{s.image("acme/base") + "@" + digestOf(raw).String()}, Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, below))},
				sourcetest.EngineImage{ID: app.ID().String(), Names: app.Tags, Layers: app.DiffIDs(), Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, app))}).Host
			for _, source := range []string{"web:dev", "base:1"} {
				s.with("source", source, "tags", "edge", "monotonic", "false").run().succeeds()
				s.verifiedLayers(s.manifest("edge"))
			}
		})
	}
}

func TestLayerThatTheRegistryNoLongerHasIsPushedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.with("source", dockerSave(t, layer("one"), layer("two")), "tags", "edge", "monotonic", "false").run().succeeds()
	s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/", Effect: ghcrtest.DropBlob{}}) // the last blob, which is the layer "one"
	s.with("source", dockerSave(t, layer("three"), layer("one"))).run().succeeds()
	s.verifiedLayers(s.manifest("edge"))
}

func TestLayerThatCannotBeRestoredIsExplained(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	one, two := sourcetest.LayerTar(t, layer("one")), sourcetest.LayerTar(t, layer("two"))
	s.addImage("acme/web", "edge", sourcetest.Config(t, sourcetest.AMD64, one, two), func(m *v1.Manifest) { m.Layers[0].Digest = digestOf([]byte("gone")) }, sourcetest.Gzip(one), sourcetest.Gzip(two))
	s.with("source", dockerSave(t, layer("one"), layer("three")), "tags", "edge", "monotonic", "false").run().failsWith("layer-missing", s.image("acme/web"))
	s.with("tags", "other").run().succeeds()
}

func TestUnreadableOriginGivesANotice(t *testing.T) {
	t.Parallel()
	for _, e := range []ghcrtest.Effect{ghcrtest.Answer{Status: 400, Code: "X", Message: "no"}, ghcrtest.WrongDigest{}} {
		s, _ := pulledBaseStage(t, pulledFrom)
		s.server.Inject(ghcrtest.Fault{Method: "GET", Path: "/acme/base/manifests/", Times: ghcrtest.Always, Effect: e})
		if r := s.with("source", "web:dev", "tags", "1").run().succeeds(); !strings.Contains(r.notices(), "layers-not-compared") {
			r.fatal("no notice reports that layers were not compared")
		}
	}
}

func TestVersionTagIsKeptAlsoIfLayersAreReused(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).withBuildah().with("verify", "none", "tags", "1.2.3\n1.2.4")
	s.run().succeeds()
	s.run().succeeds().wroteNothing()
	other := sourcetest.NewSaved(t, "web:dev", "other")
	s.env["BUILT"], s.env["ID"] = sourcetest.Tar(t, sourcetest.DockerSave(t, other)), other.ID().Hex
	s.run().failsWith("tag-exists", "1.2.3").wroteNothing()

	layout := func(text string) string {
		l := sourcetest.NewLayout(t)
		l.Add(l.Image(sourcetest.AMD64, text))
		return sourcetest.Dir(t, l.Files())
	}
	s = newStage(t, acme()).with("source", layout("a"), "tags", "1.2.3\nlatest", "verify", "none")
	s.run().succeeds()
	s.with("source", layout("b")).run().failsWith("tag-exists", "1.2.3").wroteNothing()
}

// Recompression keeps the configs. An image with other configs is another image, so the
// refusal comes before the compression.
func TestProtectedTagIsRefusedBeforeCompression(t *testing.T) {
	t.Parallel()
	layout := func(text string) string {
		l := sourcetest.NewLayout(t)
		l.Add(l.Index(sourcetest.On(l.Image(sourcetest.AMD64, text), sourcetest.AMD64), sourcetest.On(l.Image(sourcetest.ARM64, "same"), sourcetest.ARM64)))
		return sourcetest.Dir(t, l.Files())
	}
	s := newStage(t, acme()).with("source", layout("a"), "tags", "1.2.3", "compression", "zstd")
	s.run().succeeds()
	s.run().succeeds().wroteNothing()
	s.with("source", layout("b"), "dry-run", "true").run().failsWith("tag-exists", "1.2.3").wroteNothing()
	s.with("dry-run", "").run().failsWith("tag-exists", "1.2.3").wroteNothing()
}

// Two tags can point at two images, and only the second tag is protected.
func TestProtectedTagIsComparedFirst(t *testing.T) {
	t.Parallel()
	s, _ := pulledBaseStage(t, pulledFrom)
	s.with("source", "web:dev", "tags", "1.2.3").run().succeeds()
	s.with("source", dockerSave(t, layer("one"), layer("nine")), "tags", "edge", "compression", "gzip", "compression-level", "9").run().succeeds()
	s.with("source", "web:dev", "tags", "edge\n1.2.3", "monotonic", "false", "compression", "", "compression-level", "").run().succeeds()
}

func TestOlderImageDoesNotMoveATagBackAfterCompression(t *testing.T) {
	t.Parallel()
	for _, compression := range []string{"keep", "zstd"} {
		s := newStage(t, acme())
		for _, version := range []string{"1.0.0", "2.0.0"} {
			l := sourcetest.NewLayout(t)
			l.Add(l.JSON(types.OCIImageIndex, v1.IndexManifest{
				SchemaVersion: 2, MediaType: types.OCIImageIndex,
				Manifests:   []v1.Descriptor{sourcetest.On(l.Image(sourcetest.AMD64, version), sourcetest.AMD64)},
				Annotations: map[string]string{"org.opencontainers.image.source": s.env["GITHUB_SERVER_URL"] + "/acme/web", "org.opencontainers.image.version": version},
			}))
			s.with("source", sourcetest.Dir(t, l.Files()), "tags", version+"\nlatest").run().succeeds()
		}
		r := s.with("source", "docker://"+s.image("acme/web:1.0.0"), "tags", "latest", "compression", compression).run()
		if !strings.Contains(r.notices(), "tag-kept") {
			r.fatal("compression %s: latest was moved to the older image", compression)
		}
	}
}

func TestReportedDigestsOfARecompressedImageExist(t *testing.T) {
	t.Parallel()
	path, root := buildxLayout(t)
	r := newStage(t, acme()).with("source", path, "tags", "1", "compression", "zstd", "labels", "a=b").run().succeeds()
	_, notices, _ := strings.Cut(r.stdout, "::notice")
	for _, d := range regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindAllString(notices, -1) {
		if d != root.Digest.String() && d != r.outputs["digest"] {
			t.Errorf("digest %s is neither the digest of the source nor published", d)
		}
	}
	if n := strings.Count(r.notices(), "attestations-outdated"); n != 1 {
		t.Errorf("%d warnings about attestations, want 1", n)
	}
}

func TestRecompressionKeepsDockerMediaTypes(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("source", dockerSave(t, layer("one")), "tags", "zstd", "annotations", "a=b", "compression", "zstd")
	if r := s.run().succeeds(); strings.Contains(r.notices(), "annotations-need-oci") {
		r.fatal("a notice reports that a Docker manifest has no annotations")
	}
	found, _ := s.server.Manifest("acme/web", "zstd")
	if !strings.Contains(string(found.Raw), `"a":"b"`) {
		t.Errorf("the annotation is missing: %s", found.Raw)
	}
	packed, err := s.server.Blob("acme/web", s.manifest("zstd").Layers[0].Digest.String())
	s.check(err)
	l := sourcetest.NewLayout(t)
	l.Add(l.JSON(types.DockerManifestSchema2, v1.Manifest{
		SchemaVersion: 2, MediaType: types.DockerManifestSchema2,
		Config: l.Blob(types.DockerConfigJSON, sourcetest.Config(t, sourcetest.AMD64, sourcetest.LayerTar(t, layer("one")))),
		Layers: []v1.Descriptor{l.Blob("application/vnd.docker.image.rootfs.diff.tar.zstd", packed)},
	}))
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "gzip", "annotations", "", "compression", "gzip").run().succeeds()
	if got := s.verifiedLayers(s.manifest("gzip")); got[0] != dockerGzip {
		t.Errorf("the zstd layer of Docker has the media type %s", got)
	}
}

func TestRepeatedRunIsNotRefused(t *testing.T) {
	t.Parallel()
	t.Run("the image in the second repository has the digest", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, acme())
		s.with("source", dockerSave(t, layer("one"), layer("two")), "tags", "1.2.3", "image", s.image("acme/web2")).run().succeeds()
		s.with("image", s.image("acme/web"), "tags", "edge", "compression", "gzip", "compression-level", "9").run().succeeds()
		s.with("image", s.image("acme/web")+"\n"+s.image("acme/web2"), "tags", "1.2.3\nedge", "compression", "", "compression-level", "", "monotonic", "false").run().succeeds()
	})
	t.Run("compression: gzip gives the digest of the default", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, acme()).with("source", dockerSave(t, layer("one"), layer("two")), "tags", "1.2.3")
		s.run().succeeds()
		s.with("compression", "gzip").run().succeeds().wroteNothing()
	})
}

func TestVersionTagOfAConcurrentRunIsKept(t *testing.T) {
	t.Parallel()
	for _, compression := range []string{"keep", "zstd"} {
		s := newStage(t, acme()).with("compression", compression)
		s.with("source", dockerSave(t, layer("theirs")), "tags", "seed").run().succeeds()
		theirs, _ := s.server.Manifest("acme/web", "seed")
		s.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/blobs/", Effect: ghcrtest.BeforeAnswer{Do: func() {
			s.server.AddManifest("acme/web", "1.2.3", theirs.MediaType, theirs.Raw)
		}}})
		s.with("source", dockerSave(t, layer("ours")), "tags", "1.2.3").run().failsWith("tag-exists", "1.2.3")
		if now, _ := s.server.Manifest("acme/web", "1.2.3"); string(now.Raw) != string(theirs.Raw) {
			t.Errorf("%s: the tag of the other run was overwritten", compression)
		}
	}
}

func TestReportedDigestsOfAnUncompressedEngineImageExist(t *testing.T) {
	t.Parallel()
	for _, in := range [][]string{{"labels", "a=b"}, {"annotations", "a=b"}, {"attestations", "strip"}} {
		l := sourcetest.NewLayout(t)
		plain := func(p *v1.Platform, text string) v1.Descriptor {
			return sourcetest.On(l.ImageOf(p, types.OCIUncompressedLayer, sourcetest.LayerTar(t, text)), p)
		}
		amd, arm := plain(sourcetest.AMD64, "amd64"), plain(sourcetest.ARM64, "arm64")
		index := l.Index(amd, arm, l.Attestation(amd))
		l.Add(index, "docker.io/library/web:dev")
		s := newStage(t, acme()).with("source", "web:dev", "tags", "1").with(in...)
		s.env["DOCKER_HOST"] = sourcetest.NewEngine(t, sourcetest.EngineImage{
			ID: index.Digest.String(), Names: []string{"web:dev"}, Tar: sourcetest.TarBytes(t, sourcetest.DockerSaveOCI(t, l, amd, "web:dev")),
		}).Host
		r := s.run().succeeds()
		_, notices, _ := strings.Cut(r.stdout, "::notice")
		for _, d := range regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindAllString(notices, -1) {
			if d != index.Digest.String() && d != r.outputs["digest"] {
				t.Errorf("%v: digest %s is neither the digest of the source nor published", in, d)
			}
		}
		s.run().succeeds().wroteNothing()
	}
}
