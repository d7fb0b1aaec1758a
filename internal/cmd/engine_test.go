package cmd_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// engineWith is an engine of the classic store that has one image.
func engineWith(t *testing.T, saved sourcetest.Saved) *sourcetest.Engine {
	t.Helper()
	return sourcetest.NewEngine(t, sourcetest.EngineImage{
		ID: saved.ID().String(), Names: saved.Tags, Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, saved)),
	})
}

// layer is more than is kept of an export.
func layer(text string) string { return strings.Repeat(text, 300_000) }

func TestImageInTheDockerEngineIsPublished(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "web:dev", "small", layer("one"), layer("two"), layer("three"))
	file := newStage(t, acme()).with("source", sourcetest.Tar(t, sourcetest.DockerSave(t, saved)), "tags", "1").run().succeeds()
	for _, source := range []string{"web:dev", "docker-daemon:web:dev", saved.ID().Hex[:12]} {
		s := newStage(t, acme()).with("source", source, "tags", "1")
		e := engineWith(t, saved)
		s.env["DOCKER_HOST"] = e.Host
		r := s.run().succeeds()
		if got, want := r.outputs["digest"], file.outputs["digest"]; got != want {
			t.Errorf("%s: digest %s, from the file %s", source, got, want)
		}
		if got := e.Exports.Load(); got < 2 || got > 5 {
			t.Errorf("%s: %d exports: one to note the files, one more where all layers wait for it", source, got)
		}
	}
}

func TestOnlyTheRebuiltLayerIsPushed(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("source", "web:dev", "tags", "edge", "monotonic", "false")
	s.env["DOCKER_HOST"] = engineWith(t, sourcetest.NewSaved(t, "web:dev", layer("base"), layer("old"))).Host
	s.run().succeeds()
	s.env["DOCKER_HOST"] = engineWith(t, sourcetest.NewSaved(t, "web:dev", layer("base"), layer("new"))).Host
	r := s.run().succeeds()
	if patches := r.count("PATCH", "/blobs/"); patches != 1 {
		t.Errorf("%d layers were compressed and sent, want the one that changed", patches)
	}
}

func TestImageMissingInTheEngineIsAnError(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).with("source", "web:dve", "tags", "1")
	s.env["DOCKER_HOST"] = engineWith(t, sourcetest.NewSaved(t, "web:dev", "one")).Host
	s.run().failsWith("source-not-found", "Did you mean web:dev?").wroteNothing()
	s.env["INPUT_SOURCE"], s.env["DOCKER_HOST"] = "docker-daemon:web:dev", "unix:///no/such.sock"
	s.run().failsWith("engine-unreachable", "Start Docker").wroteNothing()
}

// containerd's store keeps layers plain that docker load brought so.
func TestAllPlatformsOfAnEngineArePublishedAlsoIfUncompressed(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	plain := func(p *v1.Platform, text string) v1.Descriptor {
		return sourcetest.On(l.ImageOf(p, types.OCIUncompressedLayer, sourcetest.LayerTar(t, "shared"), sourcetest.LayerTar(t, text)), p)
	}
	amd, arm := plain(sourcetest.AMD64, "amd64"), plain(sourcetest.ARM64, "arm64")
	index := l.Index(amd, arm)
	l.Add(index, "docker.io/library/web:dev")
	tar := sourcetest.TarBytes(t, sourcetest.DockerSaveOCI(t, l, amd, "web:dev"))
	s := newStage(t, acme()).with("source", "web:dev", "tags", "1")
	s.env["DOCKER_HOST"] = sourcetest.NewEngine(t, sourcetest.EngineImage{ID: index.Digest.String(), Names: []string{"web:dev"}, Tar: tar}).Host
	r := s.run().succeeds()
	if r.outputs["digest-linux-amd64"] == "" || r.outputs["digest-linux-arm64"] == "" || r.outputs["digest"] == index.Digest.String() {
		r.fatal("not both platforms were published, compressed")
	}
	for _, m := range s.manifest("1").Manifests {
		if got := strings.Join(s.verifiedLayers(s.manifest(m.Digest.String())), ", "); got != ociGzip+", "+ociGzip {
			t.Errorf("the layers are %s", got)
		}
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
	// The same image from a file.
	file := newStage(t, acme()).with("source", sourcetest.Write(t, "image.tar", tar), "tags", "1").run().succeeds()
	if file.outputs["digest"] != r.outputs["digest"] {
		file.fatal("from a file it has another digest than %s", r.outputs["digest"])
	}
}

// In containerd's store layers have their digests; those that are in another
// repository of the registry are mounted from where the engine pulled them.
func TestLayersInTheContainerdStoreAreMountedFromTheRepositoryOfTheBase(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	noise := func(seed byte) []byte {
		raw := make([]byte, 200_000)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(raw) // never fails
		return sourcetest.TarBytes(t, []sourcetest.File{{Name: "noise", Body: raw}})
	}
	below, over := noise(1), noise(2)
	l := sourcetest.NewLayout(t)
	base := l.ImageOf(sourcetest.AMD64, types.OCILayer, below)
	l.Add(base)
	s.with("source", sourcetest.Dir(t, l.Files()), "tags", "1", "image", s.image("acme/base")).run().succeeds()
	k := sourcetest.NewLayout(t)
	app := k.ImageOf(sourcetest.AMD64, types.OCILayer, below, over)
	k.Add(app, "docker.io/library/web:dev")
	hash := func(raw []byte) string { return digestOf(raw).String() }
	s.env["DOCKER_HOST"] = sourcetest.NewEngine(t,
		sourcetest.EngineImage{ID: base.Digest.String(), Names: []string{"base:1"}, Layers: []string{hash(below)}, Digests: []string{s.image("acme/base") + "@" + base.Digest.String()}},
		sourcetest.EngineImage{
			ID: app.Digest.String(), Names: []string{"web:dev"}, Layers: []string{hash(below), hash(over)},
			Tar: sourcetest.TarBytes(t, sourcetest.DockerSaveOCI(t, k, app, "web:dev")),
		}).Host
	s.with("source", "web:dev", "image", "", "tags", "edge", "monotonic", "false")
	r := s.run().succeeds().hasOutputs("digest", app.Digest.String())
	if r.count("POST", "mount=") != 1 || r.count("PUT", "/blobs/upload") != 2 {
		r.fatal("the base's layer is to be mounted, config and layer are to be sent")
	}
	if again := s.run().succeeds().wroteNothing(); again.count("GET", "/acme/base/") > 0 {
		t.Error("the base was asked for although nothing is missing")
	}
}
