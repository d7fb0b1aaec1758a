package cmd_test

import (
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// pulledBaseStage returns a stage whose engine has an image and its base. The engine
// pulled the base from acme/base on the registry of the stage.
func pulledBaseStage(t *testing.T, digests func(s *stage, digest string) []string) (s *stage, base result) {
	t.Helper()
	s = newStage(t, acme())
	below := sourcetest.NewSaved(t, "base:1", layer("one"), layer("two"))
	base = s.with("source", sourcetest.Tar(t, sourcetest.DockerSave(t, below)), "tags", "1", "image", s.image("acme/base")).run().succeeds()
	app := sourcetest.NewSaved(t, "web:dev", layer("one"), layer("two"), layer("three"))
	s.env["DOCKER_HOST"] = sourcetest.NewEngine(t,
		sourcetest.EngineImage{
			ID: below.ID().String(), Names: below.Tags, Layers: below.DiffIDs(), Digests: digests(s, base.outputs["digest"]),
			Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, below)),
		},
		sourcetest.EngineImage{ID: app.ID().String(), Names: app.Tags, Layers: app.DiffIDs(), Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, app))},
	).Host
	return s.with("image", ""), base
}

// pulledFrom returns the references that an engine records for an image.
func pulledFrom(s *stage, digest string) []string {
	return []string{"<none>@<none>", s.image("acme/gone") + "@" + digest, s.image("acme/base") + "@" + digest, "other.example/acme/base@" + digest}
}

func TestLayersOfAPulledBaseAreMountedAndNotCompressed(t *testing.T) {
	t.Parallel()
	s, _ := pulledBaseStage(t, pulledFrom)
	r := s.with("source", "web:dev", "tags", "1").run().succeeds()
	if patches := r.count("PATCH", "/blobs/"); patches != 1 {
		t.Errorf("%d layers were compressed and pushed, want only the new layer", patches)
	}
	if mounts := r.count("POST", "mount="); mounts != 2 {
		t.Errorf("%d layers were mounted, want 2", mounts)
	}
	// In the next run, the tag shows the layers, so the base is not read.
	if again := s.run().succeeds().hasOutputs("outcome", "unchanged"); again.count("GET", "/acme/base/") > 0 {
		t.Error("the base was read, although the tag shows all layers")
	}
}

func TestPulledImageKeepsItsDigest(t *testing.T) {
	t.Parallel()
	s, base := pulledBaseStage(t, pulledFrom)
	r := s.with("source", "base:1", "tags", "1").run().succeeds().hasOutputs("digest", base.outputs["digest"])
	if patches := r.count("PATCH", "/blobs/"); patches != 0 {
		t.Errorf("%d layers were compressed", patches)
	}
	// With labels, the image is another image with the same layers.
	labelled := s.with("labels", "a=b", "tags", "2").run().succeeds()
	if labelled.outputs["digest"] == base.outputs["digest"] || labelled.count("PATCH", "/blobs/") != 0 {
		t.Errorf("digest %s, %d layers compressed", labelled.outputs["digest"], labelled.count("PATCH", "/blobs/"))
	}
}

// Docker records the index from which it pulled an image.
func TestPulledImageIsFoundInItsIndex(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	l := sourcetest.NewLayout(t)
	plain := sourcetest.LayerTar(t, layer("one"))
	amd := sourcetest.On(l.ImageOf(sourcetest.AMD64, "application/vnd.oci.image.layer.v1.tar+gzip", plain), sourcetest.AMD64)
	l.Add(l.Index(amd, sourcetest.On(l.Image(sourcetest.ARM64, "arm"), sourcetest.ARM64)))
	index := s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "image", s.image("acme/base")).run().succeeds().outputs["digest"]
	saved := sourcetest.Saved{Tags: []string{"base:1"}, Layers: [][]byte{plain}, Config: sourcetest.Config(t, sourcetest.AMD64, plain)}
	s.env["DOCKER_HOST"] = sourcetest.NewEngine(t, sourcetest.EngineImage{
		ID: saved.ID().String(), Names: saved.Tags, Layers: saved.DiffIDs(), Digests: []string{s.image("acme/base") + "@" + index},
		Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, saved)),
	}).Host
	r := s.with("source", "base:1", "image", "").run().succeeds().hasOutputs("digest", amd.Digest.String())
	if r.count("PATCH", "/blobs/") > 0 || r.count("POST", "mount=") != 1 || strings.Contains(r.stdout, "before compression") {
		r.fatal("the layer is not mounted")
	}
	zstd := s.with("compression", "zstd", "tags", "2").run().succeeds()
	if zstd.count("PATCH", "/blobs/") != 1 {
		zstd.fatal("a layer with gzip was mounted for an image with zstd")
	}
}

func TestImageWithADifferentLowestLayerIsNotABase(t *testing.T) {
	t.Parallel()
	s, _ := pulledBaseStage(t, func(_ *stage, digest string) []string { return []string{"other.example/acme/base@" + digest} })
	r := s.with("source", "web:dev", "tags", "1").run().succeeds()
	if patches := r.count("PATCH", "/blobs/"); patches != 3 || strings.Contains(r.stdout, "other.example") {
		t.Errorf("%d layers were compressed and pushed, want all, because the base is on another registry", patches)
	}
}
