package sink

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// load writes an image to a fake engine. It returns the number of sent blobs and
// the image in the engine.
func load(t *testing.T, e *sourcetest.Engine, text string, img Image) (sent int, result EngineImage, err error) {
	t.Helper()
	img.Engine = daemon(t, e)
	s, err := Open(t.Context(), mustParse(t, text), img)
	if err != nil {
		return 0, EngineImage{}, err
	}
	defer func() {
		if failed := s.Close(); failed != nil {
			t.Error(failed)
		}
	}()
	if !s.Ordered() || s.Path() != "" {
		t.Errorf("ordered %t, path %q", s.Ordered(), s.Path())
	}
	for _, b := range s.blobs {
		has, err := s.Has(t.Context(), b.Descriptor)
		if err != nil {
			return sent, EngineImage{}, err
		}
		if has {
			continue
		}
		sent++
		if err := s.Put(t.Context(), b.Descriptor, content(t, b)); err != nil {
			return sent, EngineImage{}, err
		}
	}
	err = s.Commit(t.Context())
	return sent, *s.EngineImage(), err
}

func daemon(t *testing.T, e *sourcetest.Engine) *docker.Daemon {
	t.Helper()
	d, err := docker.New(func(key string) string { return map[string]string{"DOCKER_HOST": e.Host}[key] }).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// gzipped returns a function that makes an image for Docker. Each text is the
// content of a layer.
func gzipped(texts ...string) func(*sourcetest.Layout) v1.Descriptor {
	return func(l *sourcetest.Layout) v1.Descriptor {
		var layers [][]byte
		for _, text := range texts {
			layers = append(layers, []byte(text))
		}
		return l.ImageOf(sourcetest.AMD64, types.OCIUncompressedLayer, layers...)
	}
}

// withStores runs a test with each image store.
func withStores(t *testing.T, test func(t *testing.T, e *sourcetest.Engine)) {
	t.Helper()
	for _, store := range []string{"classic", "containerd"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			e := sourcetest.NewEngine(t)
			e.Containerd = store == "containerd"
			test(t, e)
		})
	}
}

func TestOnlyMissingContentIsSentToTheEngine(t *testing.T) {
	t.Parallel()
	withStores(t, func(t *testing.T, e *sourcetest.Engine) {
		img := imageOf(t, "ghcr.io/acme/web:1", single)
		id := img.Root.Blobs[0].Descriptor.Digest.String()
		if e.Containerd {
			id = img.Root.Descriptor.Digest.String()
		}
		steps := []struct {
			destination string
			blobs       int
			loads       int32
			want        EngineImage
			names       []string
		}{
			{"docker-daemon:", 3, 1, EngineImage{ID: id, Name: "ghcr.io/acme/web:1"}, []string{"ghcr.io/acme/web:1"}},
			{"docker-daemon:", 0, 1, EngineImage{ID: id, Name: "ghcr.io/acme/web:1", Unchanged: true}, []string{"ghcr.io/acme/web:1"}},
			{"docker-daemon:web:2", 0, 1, EngineImage{ID: id, Name: "docker.io/library/web:2"}, []string{"ghcr.io/acme/web:1", "web:2"}},
			{"docker-daemon:acme/web", 0, 1, EngineImage{ID: id, Name: "docker.io/acme/web:latest"}, []string{"ghcr.io/acme/web:1", "web:2", "acme/web:latest"}},
		}
		for _, step := range steps {
			sent, result, err := load(t, e, step.destination, img)
			if err != nil || sent != step.blobs || result != step.want || e.Loads.Load() != step.loads || !slices.Equal(e.Names(id), step.names) {
				t.Errorf("%s: %d blobs sent, %d loads, %+v, %q, %v", step.destination, sent, e.Loads.Load(), result, e.Names(id), err)
			}
		}
	})
}

func TestNameMovesToTheNewImage(t *testing.T) {
	t.Parallel()
	withStores(t, func(t *testing.T, e *sourcetest.Engine) {
		_, previous, err := load(t, e, "docker-daemon:web:1", imageOf(t, "ghcr.io/acme/web:1", single))
		if err != nil {
			t.Fatal(err)
		}
		_, next, err := load(t, e, "docker-daemon:web:1", imageOf(t, "ghcr.io/acme/web:2", other))
		if err != nil || next.ID == previous.ID || !slices.Equal(e.Names(next.ID), []string{"web:1"}) || len(e.Names(previous.ID)) > 0 {
			t.Errorf("got %+v after %+v, %v", next, previous, err)
		}
	})
}

func TestImagePulledByDigestGetsNoName(t *testing.T) {
	t.Parallel()
	withStores(t, func(t *testing.T, e *sourcetest.Engine) {
		img := imageOf(t, "ghcr.io/acme/web@sha256:"+strings.Repeat("1", 64), single)
		for _, want := range []int{3, 0} {
			sent, result, err := load(t, e, "docker-daemon:", img)
			if err != nil || sent != want || result.Name != "" || e.Names(result.ID) == nil || len(e.Names(result.ID)) > 0 || result.Unchanged != (want == 0) {
				t.Errorf("%d sent, %+v, %v", sent, result, err)
			}
		}
	})
}

// If an engine with containerd's store pulled a whole index, the id of the image
// in the engine is the digest of the index.
func TestImagePulledByDockerIsNotSentAgain(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	img.Index = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("2", 64)}
	root := img.Root.Descriptor.Digest.String()
	for _, name := range []string{"ghcr.io/acme/web:1", "ghcr.io/acme/web:old"} {
		e := sourcetest.NewEngine(t, sourcetest.EngineImage{ID: img.Index.String(), Names: []string{name}, Members: []string{"sha256:3", root}})
		e.Containerd = true
		sent, result, err := load(t, e, "docker-daemon:", img)
		want := EngineImage{ID: img.Index.String(), Name: "ghcr.io/acme/web:1", Unchanged: name == "ghcr.io/acme/web:1"}
		if err != nil || sent != 0 || result != want || !slices.Contains(e.Names(result.ID), want.Name) {
			t.Errorf("%s: %d sent, %+v, %v", name, sent, result, err)
		}
	}
}

// The classic store does not read a layer from the archive if it already has the
// layer.
func TestLayersSharedWithAnotherImageAreNotSent(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name           string
		previous, next []string
		classic        int // number of sent blobs
	}{
		{"a new last layer", []string{"a", "b", "c"}, []string{"a", "b", "d"}, 2},
		{"two additional layers", []string{"a"}, []string{"a", "b", "c"}, 3},
		{"fewer layers", []string{"a", "b"}, []string{"a"}, 1},
		{"a new first layer", []string{"a", "b"}, []string{"c", "b"}, 3},
		{"the same layer again at the top", []string{"a", "b"}, []string{"a", "c", "a"}, 3},
		{"a layer twice", []string{"a", "a", "b"}, []string{"a", "a", "c"}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			withStores(t, func(t *testing.T, e *sourcetest.Engine) {
				if _, _, err := load(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", gzipped(c.previous...))); err != nil {
					t.Fatal(err)
				}
				image := imageOf(t, "ghcr.io/acme/web:2", gzipped(c.next...))
				want := c.classic
				if blobs, err := Blobs(image.Root); err != nil || e.Containerd {
					want = len(blobs)
				}
				sent, result, err := load(t, e, "docker-daemon:", image)
				if err != nil || sent != want || e.Loads.Load() != 2 {
					t.Errorf("%d blobs sent, want %d; %+v, %v", sent, want, result, err)
				}
			})
		})
	}
}

func TestEngineRefusesUnsupportedImagesAndNames(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t)
	_, _, err := load(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", multi))
	wantCode(t, err, CodeNotSupported)
	if e.Loads.Load() > 0 {
		t.Error("a load started")
	}
	for text, words := range map[string]string{
		"UPPER": "Write upper.", "web@sha256:" + strings.Repeat("1", 64): "contains a digest", "a b": `contains " "`, "web:1:2": "is not an image reference", "web:": "ends with a colon",
		"a..b/web": `the host "a..b"`, "acme/a..b": `the part "a..b"`, "ghcr.io": "is a host", "localhost:5000": "is a host", "ghcr.io//web": "before or after a slash", "web:-1": "The tag",
	} {
		for _, prefix := range []string{"docker-daemon:", "docker-archive:image.tar:"} {
			if _, err := Parse(prefix + text); !diag.Is(err, CodeInvalid) || prefix == "docker-daemon:" && !strings.Contains(err.Error(), words) {
				t.Errorf("%s: got %v", prefix+text, err)
			}
		}
	}
}

// If an image ends early or is damaged, the engine never receives a complete
// archive, and the error contains the reason.
func TestEngineKeepsNoDamagedImage(t *testing.T) {
	t.Parallel()
	gone := errors.New("the registry closed the connection")
	cases := []struct {
		name   string
		damage func(raw []byte) io.Reader
		cause  string
	}{
		{"damaged", func(raw []byte) io.Reader { raw[len(raw)-1] ^= 1; return bytes.NewReader(raw) }, "wrong content"},
		{"short", func(raw []byte) io.Reader { return bytes.NewReader(raw[:len(raw)-1]) }, ""},
		{"long", func(raw []byte) io.Reader { return bytes.NewReader(append(raw, 1)) }, ""},
		{"broken", func(raw []byte) io.Reader { return io.MultiReader(bytes.NewReader(raw[:1]), failing{gone}) }, gone.Error()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			withStores(t, func(t *testing.T, e *sourcetest.Engine) {
				img := imageOf(t, "ghcr.io/acme/web:1", single)
				last := img.Root.Blobs[2]
				open := last.Open
				last.Open = func(ctx context.Context) (io.ReadCloser, error) {
					r, err := open(ctx)
					if err != nil {
						return nil, err
					}
					raw, err := io.ReadAll(r)
					return io.NopCloser(c.damage(raw)), errors.Join(err, r.Close())
				}
				_, _, err := load(t, e, "docker-daemon:", img)
				if err == nil || !strings.Contains(err.Error(), c.cause) || diag.Is(err, docker.CodeInterrupted) {
					t.Errorf("got %v", err)
				}
				if len(e.LoadedBlobs()) > 0 {
					t.Errorf("the engine kept %q", e.LoadedBlobs())
				}
			})
		})
	}
}

func TestCommitFailsIfTheEngineHasAnotherImage(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{ID: "sha256:9999", Names: []string{"ghcr.io/acme/web:1"}})
	e.Loading = func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
	_, _, err := load(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", single))
	wantCode(t, err, CodeDiffers)
	_, _, err = load(t, e, "docker-daemon:other:1", imageOf(t, "ghcr.io/acme/web:1", single))
	wantCode(t, err, CodeDiffers)
}

func TestErrorContainsTheEnginesRefusal(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t)
	e.Loading = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}`)
	}
	big := func(l *sourcetest.Layout) v1.Descriptor {
		return l.ImageOf(sourcetest.AMD64, types.OCIUncompressedLayer, make([]byte, 16<<20))
	}
	for _, make := range []func(*sourcetest.Layout) v1.Descriptor{single, big} {
		_, _, err := load(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", make))
		wantCode(t, err, docker.CodeRefused)
	}
}
