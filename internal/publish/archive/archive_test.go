package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/archive"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func open(t *testing.T, text string) *source.Source {
	t.Helper()
	s, err := source.Open(t.Context(), text, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// What is archived is published with the digest that it would have had.
func TestArchiveIsTheSameImage(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	l.Add(l.MultiPlatform())
	for what, from := range map[string]string{
		"an index":           sourcetest.Dir(t, l.Files()),
		"a docker save tar":  sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one", "two"))),
		"compressed already": sourcetest.Tar(t, l.Files()),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := open(t, from)
			file := filepath.Join(t.TempDir(), "image.tar")
			path, err := archive.Write(t.Context(), s.Root, file, name.MustParseReference("ghcr.io/acme/web:1"))
			if err != nil || path != file {
				t.Fatalf("%s, %v", path, err)
			}
			again := open(t, path)
			if got, want := again.Root.Descriptor.Digest, s.Root.Descriptor.Digest; got != want {
				t.Errorf("the archive holds %s, the source is %s", got, want)
			}
			if got, want := len(image.Blobs(again.Root)), len(image.Blobs(s.Root)); got != want {
				t.Errorf("the archive has %d blobs, want %d", got, want)
			}
		})
	}
}

// An archive that is cut short, or whose source is damaged, has no name.
func TestNoArchiveIsLeftOfAFailure(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	l.Add(l.MultiPlatform())
	dir := sourcetest.Dir(t, l.Files())
	s := open(t, dir)
	blob := image.Blobs(s.Root)[1]
	if err := os.WriteFile(filepath.Join(dir, "blobs", "sha256", blob.Descriptor.Digest.Hex), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if _, err := archive.Write(t.Context(), s.Root, filepath.Join(out, "image.tar"), name.MustParseReference("ghcr.io/acme/web:1")); err == nil {
		t.Error("a damaged source was archived")
	}
	over, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("over"))
	if _, err := archive.Write(over, open(t, sourcetest.Dir(t, l.Files())).Root, filepath.Join(out, "other.tar"), name.MustParseReference("ghcr.io/acme/web:1")); err == nil {
		t.Error("a run that is over archived")
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
