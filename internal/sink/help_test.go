package sink

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// imageOf returns an image with a reference. The function make stores the image in
// a layout.
func imageOf(t *testing.T, reference string, make func(*sourcetest.Layout) v1.Descriptor) Image {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(make(l), "it")
	s, err := source.Open(t.Context(), sourcetest.Dir(t, l.Files()), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	return Image{Root: s.Root, Reference: ref}
}

func single(l *sourcetest.Layout) v1.Descriptor {
	return l.Image(sourcetest.AMD64, "one", "two")
}

func multi(l *sourcetest.Layout) v1.Descriptor { return l.MultiPlatform() }

func other(l *sourcetest.Layout) v1.Descriptor { return l.Image(sourcetest.AMD64, "two", "three") }

func mustParse(t *testing.T, text string) Target {
	t.Helper()
	target, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// content returns a reader for the content of a blob. The reader verifies the
// digest, as the readers of package pull do.
func content(t *testing.T, b *image.Blob) io.Reader {
	t.Helper()
	r, err := b.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return registry.Verify(r, b.Descriptor)
}

// write writes an image to the target. It returns the number of written blobs.
func write(t *testing.T, text string, img Image) (written int) {
	t.Helper()
	written, err := tryWrite(t, mustParse(t, text), img, nil)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// tryWrite does the same as write, but returns an error instead of failing the
// test. wrapWriter becomes the value of the field in folder.
func tryWrite(t *testing.T, target Target, img Image, wrapWriter func(io.Writer) io.Writer) (written int, err error) {
	t.Helper()
	s, err := Open(t.Context(), target, img)
	if err != nil {
		return 0, err
	}
	defer func() {
		if failed := s.Close(); failed != nil {
			t.Error(failed)
		}
	}()
	switch store := s.store.(type) {
	case *layout:
		store.wrapWriter = wrapWriter
	case *archive:
		store.wrapWriter = wrapWriter
	}
	for _, b := range s.blobs {
		has, err := s.Has(t.Context(), b.Descriptor)
		if err != nil {
			return written, err
		}
		if has {
			continue
		}
		written++
		if err := s.Put(t.Context(), b.Descriptor, content(t, b)); err != nil {
			return written, err
		}
	}
	return written, s.Commit(t.Context())
}

// files returns the content of all files below a directory. The keys of the map are
// slash-separated names.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		out[name] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readBack opens an image with package source and verifies all of its blobs.
func readBack(t *testing.T, text string) *source.Source {
	t.Helper()
	s, err := source.Open(t.Context(), text, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, b := range image.Blobs(s.Root) {
		if _, err := io.Copy(io.Discard, content(t, b)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	return s
}

func wantSame(t *testing.T, got *image.Manifest, want *image.Manifest) {
	t.Helper()
	if got.Descriptor.Digest != want.Descriptor.Digest || !bytes.Equal(got.Raw, want.Raw) {
		t.Errorf("got %s, want %s", got.Descriptor.Digest, want.Descriptor.Digest)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if !diag.Is(err, code) {
		t.Errorf("got %v, want an error with the code %s", err, code)
	}
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
