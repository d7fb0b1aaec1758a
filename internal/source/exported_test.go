package source_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// fromEngine opens a source with access to an engine.
func fromEngine(t *testing.T, e *sourcetest.Engine, text string) (*source.Source, error) {
	t.Helper()
	getenv := func(key string) string { return map[string]string{"DOCKER_HOST": e.Host}[key] }
	s, err := source.Open(t.Context(), text, source.Options{
		Exporters: map[source.Kind]source.Exporter{source.DockerEngine: docker.New(getenv)},
	})
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

func mustFromEngine(t *testing.T, e *sourcetest.Engine, text string) *source.Source {
	t.Helper()
	s, err := fromEngine(t, e, text)
	if err != nil {
		t.Fatalf("opening %q: %v", text, err)
	}
	return s
}

// big returns a text that is too large to be kept in memory. Reading this text
// needs a second export.
func big(text string) string { return strings.Repeat(text, 1<<20) }

func TestAnImageOfTheClassicStoreEqualsItsDockerSaveTar(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "app:1", "one", big("two"), big("three"))
	raw := sourcetest.TarBytes(t, sourcetest.DockerSave(t, saved))
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{ID: saved.ID().String(), Names: []string{"app:1"}, Tar: raw})
	file := open(t, sourcetest.Write(t, "image.tar", raw))
	finish(t, file.Root)
	for _, text := range []string{"docker-daemon:app:1", "docker-daemon:" + saved.ID().String(), "app:1", saved.ID().Hex[:12]} {
		s := mustFromEngine(t, e, text)
		before := e.Exports.Load()
		finish(t, s.Root)
		if got := s.Root.Descriptor.Digest; got != file.Root.Descriptor.Digest {
			t.Errorf("%s: digest %s, from a file %s", text, got, file.Root.Descriptor.Digest)
		}
		if s.Kind != source.DockerEngine || !slices.Equal(s.Names, []string{"app:1"}) || len(s.Notices) > 0 {
			t.Errorf("%s: kind %q, names %q, notices %v", text, s.Kind, s.Names, s.Notices)
		}
		if got := e.Exports.Load() - before; got != 1 {
			t.Errorf("%s: reading the layers needed %d exports, want 1", text, got)
		}
	}
}

func TestAnImageOfContainerdsStoreKeepsItsDigestAndPlatforms(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	root := l.MultiPlatform()
	l.Add(root, "docker.io/library/app:1")
	child := open(t, "oci:"+sourcetest.Dir(t, l.Files())).Root.Children[0]
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{
		ID: root.Digest.String(), Names: []string{"app:1"},
		Tar: sourcetest.TarBytes(t, sourcetest.DockerSaveOCI(t, l, child.Descriptor, "app:1")),
	})
	s := mustFromEngine(t, e, "app:1")
	finish(t, s.Root)
	if s.Root.Descriptor.Digest != root.Digest || len(image.Images(s.Root)) != 2 {
		t.Errorf("got %s with %d platforms, want %s with 2", s.Root.Descriptor.Digest, len(image.Images(s.Root)), root.Digest)
	}
}

// The engine writes no manifest.json for an image without a platform of the
// engine.
func TestAnExportCanBeALayoutWithoutManifestJSON(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	root := l.Image(sourcetest.ARM64, "one")
	l.Add(root)
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{ID: root.Digest.String(), Names: []string{"app:1"}, Tar: sourcetest.TarBytes(t, l.Files())})
	if s := mustFromEngine(t, e, "docker-daemon:app:1"); s.Root.Descriptor.Digest != root.Digest || s.Kind != source.DockerEngine {
		t.Errorf("got %s of kind %s, want %s", s.Root.Descriptor.Digest, s.Kind, root.Digest)
	}
}

// Docker 25 and later write a layout with uncompressed layers. The classic
// store always writes uncompressed layers. The containerd store writes them
// for images from docker load. With the containerd store the ID is a digest,
// which the published image does not keep.
func TestPlainLayersOfAnEngineAreCompressed(t *testing.T) {
	t.Parallel()
	l, tar := sourcetest.NewLayout(t), sourcetest.LayerTar(t, "one")
	plain := l.ImageOf(sourcetest.AMD64, "application/vnd.oci.image.layer.v1.tar", tar)
	l.Add(plain, "app:1")
	config, _, err := v1.SHA256(bytes.NewReader(sourcetest.Config(t, sourcetest.AMD64, tar)))
	if err != nil {
		t.Fatal(err)
	}
	for id, noted := range map[v1.Hash]bool{config: false, plain.Digest: true} {
		e := sourcetest.NewEngine(t, sourcetest.EngineImage{
			ID: id.String(), Names: []string{"app:1"}, Tar: sourcetest.TarBytes(t, sourcetest.DockerSaveOCI(t, l, plain, "app:1")),
		})
		if s := mustFromEngine(t, e, "app:1"); !s.Root.Pending() || hasNotice(s, "source-compressed") != noted || len(s.Notices) > 1 {
			t.Errorf("id %s: pending %v, notices %v", id, s.Root.Pending(), s.Notices)
		}
	}
}

// docker pull --platform can pull a platform other than the platform of the
// engine.
func TestTheOnlyPlatformOfAnEngineIsPublishedWithANotice(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	arm := l.Image(sourcetest.ARM64, "one")
	l.Add(arm)
	index := sourcetest.NewLayout(t).MultiPlatform()
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{
		ID: index.Digest.String(), Names: []string{"app:1"}, Only: []byte(`{"os":"linux","architecture":"arm64","variant":"v8"}`),
		Tar: sourcetest.TarBytes(t, sourcetest.DockerSaveOCI(t, l, arm, "app:1")),
	})
	s := mustFromEngine(t, e, "app:1")
	if s.Root.Descriptor.Digest != arm.Digest || !hasNotice(s, "source-platforms-missing") || len(s.Notices) != 1 {
		t.Errorf("got %s, notices %v; want %s and a notice about missing platforms", s.Root.Descriptor.Digest, s.Notices, arm.Digest)
	}
}

func TestASourceThatIsNeitherAPathNorAnImageIsRefused(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{ID: "sha256:0123456789", Names: []string{"app:1"}})
	cases := []struct {
		name, text string
		says       []string
	}{
		{"a near name", "app:2", []string{"no file or directory has this name, and the Docker engine at", "Did you mean app:1?"}},
		{"outright", "docker-daemon:app:2", []string{"has no image", "Did you mean app:1?"}},
		{"a path", "./app:2", []string{"no file or directory has this name\n"}},
	}
	for _, c := range cases {
		_, err := fromEngine(t, e, c.text)
		for _, says := range c.says {
			if !diag.Is(err, source.CodeNotFound) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: got %v, want it to contain %q", c.name, err, says)
			}
		}
	}
	e.Host = "unix:///no/such/socket"
	if _, err := fromEngine(t, e, "app:2"); !diag.Is(err, source.CodeNotFound) {
		t.Errorf("a bare name without an engine: %v", err)
	}
	if _, err := fromEngine(t, e, "docker-daemon:app:2"); !diag.Is(err, docker.CodeUnreachable) {
		t.Errorf("an engine that does not answer: %v", err)
	}
}

func TestTheEngineIsUsedOnlyForNamesThatAreNotPaths(t *testing.T) {
	t.Parallel()
	path := sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one")))
	s, err := source.Open(t.Context(), path, source.Options{Exporters: map[source.Kind]source.Exporter{source.DockerEngine: untouchable{t}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
}

type untouchable struct{ t *testing.T }

func (u untouchable) Find(context.Context, string) (*image.Stored, error) {
	u.t.Error("the engine received a request")
	return nil, errors.New("it was asked")
}

func (u untouchable) Origins(context.Context, string, func(name.Repository) bool) ([]image.Origin, error) {
	u.t.Error("the engine received a request")
	return nil, errors.New("it was asked")
}

func (u untouchable) Export(context.Context, string) (io.ReadCloser, error) { return nil, nil }

func TestContainersStorageIsUsedOnlyWithItsPrefix(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "app:1", "one", big("two"))
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{
		ID: saved.ID().String(), Names: []string{"app:1"}, Tar: sourcetest.TarBytes(t, sourcetest.DockerSave(t, saved)),
	})
	store := map[source.Kind]source.Exporter{
		source.ContainersStorage: docker.New(func(key string) string { return map[string]string{"DOCKER_HOST": e.Host}[key] }),
	}
	s, err := source.Open(t.Context(), "containers-storage:app:1", source.Options{Exporters: store})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	finish(t, s.Root)
	if s.Kind != source.ContainersStorage || s.Root.Blobs[0].Descriptor.Digest != saved.ID() {
		t.Errorf("kind %s, config %s", s.Kind, s.Root.Blobs[0].Descriptor.Digest)
	}
	if _, err := source.Open(t.Context(), "app:1", source.Options{Exporters: store}); !diag.Is(err, source.CodeNotFound) {
		t.Errorf("a bare name is looked up in the storage: %v", err)
	}
}
