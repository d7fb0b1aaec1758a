package source_test

import (
	"bytes"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// open opens a source that must be valid, and closes it at the end of the test.
func open(t testing.TB, text string) *source.Source {
	t.Helper()
	s, err := source.Open(t.Context(), text, source.Options{})
	if err != nil {
		t.Fatalf("opening %q: %v", text, err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// read returns all bytes of a blob.
func read(t testing.TB, b *image.Blob) []byte {
	t.Helper()
	r, err := b.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// finish does the work of a push. It reads every blob, compares known digests,
// sets the unknown digests, and calls Finish on the manifests.
func finish(t testing.TB, root *image.Manifest) {
	t.Helper()
	for _, b := range image.Blobs(root) {
		raw := read(t, b)
		h, size, err := v1.SHA256(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if b.Pending() {
			b.Descriptor.Digest, b.Descriptor.Size = h, size
		}
		if b.Descriptor.Digest != h || b.Descriptor.Size != size {
			t.Errorf("blob %s of %d bytes is read as %s of %d", b.Descriptor.Digest, b.Descriptor.Size, h, size)
		}
	}
	for _, m := range image.Manifests(root) {
		if err := m.Finish(); err != nil {
			t.Fatal(err)
		}
		if h, _, _ := v1.SHA256(bytes.NewReader(m.Raw)); h != m.Descriptor.Digest {
			t.Errorf("manifest %s has bytes of the digest %s", m.Descriptor.Digest, h)
		}
	}
}

func platforms(root *image.Manifest) []string {
	var out []string
	for _, m := range image.Images(root) {
		out = append(out, m.Platform.String())
	}
	return out
}

// forms writes the files of a layout in every form that Open accepts.
func forms(t testing.TB, files []sourcetest.File) map[string]string {
	t.Helper()
	raw := sourcetest.TarBytes(t, files)
	return map[string]string{
		"directory":   sourcetest.Dir(t, files),
		"tar":         sourcetest.Write(t, "layout.bin", raw),
		"gzipped tar": sourcetest.Write(t, "layout.bin", sourcetest.Gzip(raw)),
		"zstd tar":    sourcetest.Write(t, "layout.bin", zstd(t, raw)),
	}
}

func TestAnImageInALayoutKeepsItsDigest(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	want := l.Image(sourcetest.ARM64, "one", "two")
	l.Add(want, "v1")
	for form, path := range forms(t, l.Files()) {
		s := open(t, path)
		finish(t, s.Root)
		if s.Root.Descriptor.Digest != want.Digest || len(s.Root.Blobs) != 3 {
			t.Errorf("%s: got %s with %d blobs, want %s with 3", form, s.Root.Descriptor.Digest, len(s.Root.Blobs), want.Digest)
		}
		if got := s.Root.Platform.String(); got != "linux/arm64/v8" {
			t.Errorf("%s: the platform %q differs from the platform in the config", form, got)
		}
	}
}

func TestAnIndexIsReadWithItsPlatformsAndAttestations(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	want := l.MultiPlatform()
	l.Add(want)
	for form, path := range forms(t, l.Files()) {
		s := open(t, path)
		finish(t, s.Root)
		if s.Root.Descriptor.Digest != want.Digest || len(s.Root.Children) != 4 {
			t.Errorf("%s: got %s with %d children", form, s.Root.Descriptor.Digest, len(s.Root.Children))
		}
		if got := platforms(s.Root); len(got) != 2 || got[0] != "linux/amd64" || got[1] != "linux/arm64/v8" {
			t.Errorf("%s: platforms %q", form, got)
		}
	}
}

func TestASavedImageAlwaysHasTheSameManifest(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "app:1", "one", "two", "one")
	path := sourcetest.Tar(t, sourcetest.DockerSave(t, saved))
	var digests []v1.Hash
	for range 2 {
		s := open(t, path)
		if s.Kind != source.DockerArchive || !s.Root.Pending() {
			t.Fatalf("kind %q, pending %t", s.Kind, s.Root.Pending())
		}
		finish(t, s.Root)
		digests = append(digests, s.Root.Descriptor.Digest)
		if got := s.Root.Blobs[0].Descriptor.Digest; got != saved.ID() {
			t.Errorf("config %s, want %s", got, saved.ID())
		}
		if s.Root.Blobs[1] != s.Root.Blobs[3] {
			t.Error("the same layer twice is two blobs")
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("two reads returned %s and %s", digests[0], digests[1])
	}
}

func TestGzippedLayersKeepTheirBytes(t *testing.T) {
	t.Parallel()
	saved := sourcetest.NewSaved(t, "app:1", "one", "two").Gzipped()
	s := open(t, sourcetest.Tar(t, sourcetest.DockerSave(t, saved)))
	for i, b := range s.Root.Blobs[1:] {
		if !b.Pending() || !bytes.Equal(read(t, b), saved.Layers[i]) {
			t.Errorf("layer %d: pending %t, or its bytes changed", i, b.Pending())
		}
	}
}
