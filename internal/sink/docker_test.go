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

// into has an image go into a stand-in for an engine, and returns how many
// blobs were sent and what became of it.
func into(t *testing.T, e *sourcetest.Engine, text string, img Image) (lacked int, placed Placed, err error) {
	t.Helper()
	img.Engine = daemon(t, e)
	s, err := Open(t.Context(), parsed(t, text), img)
	if err != nil {
		return 0, Placed{}, err
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
			return lacked, Placed{}, err
		}
		if has {
			continue
		}
		lacked++
		if err := s.Put(t.Context(), b.Descriptor, content(t, b)); err != nil {
			return lacked, Placed{}, err
		}
	}
	err = s.Commit(t.Context())
	return lacked, *s.Placed(), err
}

func daemon(t *testing.T, e *sourcetest.Engine) *docker.Daemon {
	t.Helper()
	d, err := docker.New(func(key string) string { return map[string]string{"DOCKER_HOST": e.Host}[key] }).Introduce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// gzipped is an image for Docker with layers of these texts.
func gzipped(texts ...string) func(*sourcetest.Layout) v1.Descriptor {
	return func(l *sourcetest.Layout) v1.Descriptor {
		var layers [][]byte
		for _, text := range texts {
			layers = append(layers, []byte(text))
		}
		return l.ImageOf(sourcetest.AMD64, types.OCIUncompressedLayer, layers...)
	}
}

func stores(t *testing.T, test func(t *testing.T, e *sourcetest.Engine)) {
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

func TestAnEngineGetsWhatItLacks(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, e *sourcetest.Engine) {
		img := imageOf(t, "ghcr.io/acme/web:1", single)
		id := img.Root.Blobs[0].Descriptor.Digest.String()
		if e.Containerd {
			id = img.Root.Descriptor.Digest.String()
		}
		steps := []struct {
			destination string
			lacked      int
			loads       int32
			want        Placed
			names       []string
		}{
			{"docker-daemon:", 3, 1, Placed{ID: id, Name: "ghcr.io/acme/web:1"}, []string{"ghcr.io/acme/web:1"}},
			{"docker-daemon:", 0, 1, Placed{ID: id, Name: "ghcr.io/acme/web:1", Unchanged: true}, []string{"ghcr.io/acme/web:1"}},
			{"docker-daemon:web:2", 0, 1, Placed{ID: id, Name: "docker.io/library/web:2"}, []string{"ghcr.io/acme/web:1", "web:2"}},
			{"docker-daemon:acme/web", 0, 1, Placed{ID: id, Name: "docker.io/acme/web:latest"}, []string{"ghcr.io/acme/web:1", "web:2", "acme/web:latest"}},
		}
		for _, step := range steps {
			lacked, placed, err := into(t, e, step.destination, img)
			if err != nil || lacked != step.lacked || placed != step.want || e.Loads.Load() != step.loads || !slices.Equal(e.Names(id), step.names) {
				t.Errorf("%s: %d blobs sent, %d loads, %+v, %q, %v", step.destination, lacked, e.Loads.Load(), placed, e.Names(id), err)
			}
		}
	})
}

func TestANameMovesToTheNewImage(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, e *sourcetest.Engine) {
		_, was, err := into(t, e, "docker-daemon:web:1", imageOf(t, "ghcr.io/acme/web:1", single))
		if err != nil {
			t.Fatal(err)
		}
		_, is, err := into(t, e, "docker-daemon:web:1", imageOf(t, "ghcr.io/acme/web:2", other))
		if err != nil || is.ID == was.ID || !slices.Equal(e.Names(is.ID), []string{"web:1"}) || len(e.Names(was.ID)) > 0 {
			t.Errorf("got %+v after %+v, %v", is, was, err)
		}
	})
}

func TestAnImageThatIsPulledByDigestGetsNoName(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, e *sourcetest.Engine) {
		img := imageOf(t, "ghcr.io/acme/web@sha256:"+strings.Repeat("1", 64), single)
		for _, want := range []int{3, 0} {
			lacked, placed, err := into(t, e, "docker-daemon:", img)
			if err != nil || lacked != want || placed.Name != "" || e.Names(placed.ID) == nil || len(e.Names(placed.ID)) > 0 || placed.Unchanged != (want == 0) {
				t.Errorf("%d sent, %+v, %v", lacked, placed, err)
			}
		}
	})
}

// An engine with containerd's store that pulled the whole index itself has the
// image under the index's digest.
func TestAnImageThatDockerPulledIsThere(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	img.Index = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("2", 64)}
	root := img.Root.Descriptor.Digest.String()
	for _, name := range []string{"ghcr.io/acme/web:1", "ghcr.io/acme/web:old"} {
		e := sourcetest.NewEngine(t, sourcetest.EngineImage{ID: img.Index.String(), Names: []string{name}, Members: []string{"sha256:3", root}})
		e.Containerd = true
		lacked, placed, err := into(t, e, "docker-daemon:", img)
		want := Placed{ID: img.Index.String(), Name: "ghcr.io/acme/web:1", Unchanged: name == "ghcr.io/acme/web:1"}
		if err != nil || lacked != 0 || placed != want || !slices.Contains(e.Names(placed.ID), want.Name) {
			t.Errorf("%s: %d sent, %+v, %v", name, lacked, placed, err)
		}
	}
}

// The classic store does not read layers that it has: they are not sent.
func TestLayersThatAnotherImageBeginsWithAreNotSent(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		was, is []string
		classic int // blobs sent
	}{
		{"the last one is new", []string{"a", "b", "c"}, []string{"a", "b", "d"}, 2},
		{"two are added", []string{"a"}, []string{"a", "b", "c"}, 3},
		{"fewer", []string{"a", "b"}, []string{"a"}, 1},
		{"the first one is new", []string{"a", "b"}, []string{"c", "b"}, 3},
		{"a layer again, higher up", []string{"a", "b"}, []string{"a", "c", "a"}, 3},
		{"a layer twice", []string{"a", "a", "b"}, []string{"a", "a", "c"}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stores(t, func(t *testing.T, e *sourcetest.Engine) {
				if _, _, err := into(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", gzipped(c.was...))); err != nil {
					t.Fatal(err)
				}
				next := imageOf(t, "ghcr.io/acme/web:2", gzipped(c.is...))
				want := c.classic
				if blobs, err := Blobs(next.Root); err != nil || e.Containerd {
					want = len(blobs)
				}
				lacked, placed, err := into(t, e, "docker-daemon:", next)
				if err != nil || lacked != want || e.Loads.Load() != 2 {
					t.Errorf("%d blobs sent, want %d; %+v, %v", lacked, want, placed, err)
				}
			})
		})
	}
}

func TestWhatAnEngineDoesNotTake(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t)
	_, _, err := into(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", multi))
	wantCode(t, err, CodeImage)
	if e.Loads.Load() > 0 {
		t.Error("a load was begun")
	}
	for _, text := range []string{"docker-daemon:UPPER", "docker-daemon:web@sha256:" + strings.Repeat("1", 64), "docker-daemon:a b", "docker-daemon:web:1:2", "docker-daemon:web:"} {
		if _, err := Parse(text); !diag.Is(err, CodeInvalid) || !strings.Contains(err.Error(), "no Docker engine takes") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// Whatever ends an image in the middle, the engine gets no whole archive, and
// the reason is told.
func TestAnEngineIsNotGivenADamagedImage(t *testing.T) {
	t.Parallel()
	gone := errors.New("the registry went away")
	cases := []struct {
		name  string
		spoil func(raw []byte) io.Reader
		says  string
	}{
		{"damaged", func(raw []byte) io.Reader { raw[len(raw)-1] ^= 1; return bytes.NewReader(raw) }, "other content"},
		{"short", func(raw []byte) io.Reader { return bytes.NewReader(raw[:len(raw)-1]) }, ""},
		{"long", func(raw []byte) io.Reader { return bytes.NewReader(append(raw, 1)) }, ""},
		{"broken", func(raw []byte) io.Reader { return io.MultiReader(bytes.NewReader(raw[:1]), dead{gone}) }, gone.Error()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stores(t, func(t *testing.T, e *sourcetest.Engine) {
				img := imageOf(t, "ghcr.io/acme/web:1", single)
				last := img.Root.Blobs[2]
				open := last.Open
				last.Open = func(ctx context.Context) (io.ReadCloser, error) {
					r, err := open(ctx)
					if err != nil {
						return nil, err
					}
					raw, err := io.ReadAll(r)
					return io.NopCloser(c.spoil(raw)), errors.Join(err, r.Close())
				}
				_, _, err := into(t, e, "docker-daemon:", img)
				if err == nil || !strings.Contains(err.Error(), c.says) || diag.Is(err, docker.CodeBrokeOff) {
					t.Errorf("got %v", err)
				}
				if len(e.Came()) > 0 {
					t.Errorf("%q was taken", e.Came())
				}
			})
		})
	}
}

type dead struct{ err error }

func (d dead) Read([]byte) (int, error) { return 0, d.err }

func TestNothingIsClaimedThatTheEngineDoesNotShow(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t, sourcetest.EngineImage{ID: "sha256:9999", Names: []string{"ghcr.io/acme/web:1"}})
	e.Loading = func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
	_, _, err := into(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", single))
	wantCode(t, err, CodeDiffers)
	_, _, err = into(t, e, "docker-daemon:other:1", imageOf(t, "ghcr.io/acme/web:1", single))
	wantCode(t, err, CodeDiffers)
}

func TestAnEnginesRefusalIsTold(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t)
	e.Loading = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}`)
	}
	big := func(l *sourcetest.Layout) v1.Descriptor {
		return l.ImageOf(sourcetest.AMD64, types.OCIUncompressedLayer, make([]byte, 16<<20))
	}
	for _, make := range []func(*sourcetest.Layout) v1.Descriptor{single, big} {
		_, _, err := into(t, e, "docker-daemon:", imageOf(t, "ghcr.io/acme/web:1", make))
		wantCode(t, err, docker.CodeRefused)
	}
}
