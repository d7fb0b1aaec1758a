package cmd_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// engineWith returns an engine with the classic store and one image.
func engineWith(t *testing.T, saved sourcetest.Saved) *sourcetest.Engine {
	t.Helper()
	return sourcetest.NewEngine(t, sourcetest.EngineImage{
		ID: saved.ID().String(), Names: saved.Tags, Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, saved)),
	})
}

// layer returns a text that is longer than the kept part of an export.
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
			t.Errorf("%s: digest %s, want the digest %s of the file", source, got, want)
		}
		if got := e.Exports.Load(); got < 2 || got > 5 {
			t.Errorf("%s: %d exports, want one for the file list, and one more if all layers need it", source, got)
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
		t.Errorf("%d layers were compressed and pushed, want only the changed layer", patches)
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

// The containerd image store keeps the layers of docker load uncompressed.
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
		r.fatal("the two platforms were not published with compressed layers")
	}
	for _, m := range s.manifest("1").Manifests {
		if got := strings.Join(s.verifiedLayers(s.manifest(m.Digest.String())), ", "); got != ociGzip+", "+ociGzip {
			t.Errorf("the layers are %s", got)
		}
	}
	s.run().succeeds().wroteNothing().hasOutputs("outcome", "unchanged")
	// The same image from a file has the same digest.
	file := newStage(t, acme()).with("source", sourcetest.Write(t, "image.tar", tar), "tags", "1").run().succeeds()
	if file.outputs["digest"] != r.outputs["digest"] {
		file.fatal("the image from a file has another digest than %s", r.outputs["digest"])
	}
}

// The containerd image store keeps the digests of the layers. Layers in another
// repository of the registry are mounted from the repository of the pull.
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
		r.fatal("the layer of the base is not mounted, or more than the config and the new layer was pushed")
	}
	if again := s.run().succeeds().wroteNothing(); again.count("GET", "/acme/base/") > 0 {
		t.Error("the base was read although no layer is missing")
	}
}
