package publish

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	reference "github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func openSource(t *testing.T, text string) *source.Source {
	t.Helper()
	s, err := source.Open(t.Context(), text, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestArchiveHasTheDigestOfThePublishedImage(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	l.Add(l.MultiPlatform())
	for name, from := range map[string]string{
		"an index":          sourcetest.Dir(t, l.Files()),
		"a docker save tar": sourcetest.Tar(t, sourcetest.DockerSave(t, sourcetest.NewSaved(t, "app:1", "one", "two"))),
		"an OCI archive":    sourcetest.Tar(t, l.Files()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSource(t, from)
			file := filepath.Join(t.TempDir(), "image.tar")
			path, err := writeArchive(t.Context(), s.Root, file, reference.MustParseReference("ghcr.io/acme/web:1"))
			if err != nil || path != file {
				t.Fatalf("%s, %v", path, err)
			}
			again := openSource(t, path)
			if got, want := again.Root.Descriptor.Digest, s.Root.Descriptor.Digest; got != want {
				t.Errorf("the archive has the digest %s, but the source has the digest %s", got, want)
			}
			if got, want := len(image.Blobs(again.Root)), len(image.Blobs(s.Root)); got != want {
				t.Errorf("the archive has %d blobs, want %d", got, want)
			}
		})
	}
}

func TestFailedArchiveLeavesNoFile(t *testing.T) {
	t.Parallel()
	l := sourcetest.NewLayout(t)
	l.Add(l.MultiPlatform())
	dir := sourcetest.Dir(t, l.Files())
	s := openSource(t, dir)
	blob := image.Blobs(s.Root)[1]
	if err := os.WriteFile(filepath.Join(dir, "blobs", "sha256", blob.Descriptor.Digest.Hex), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if _, err := writeArchive(t.Context(), s.Root, filepath.Join(out, "image.tar"), reference.MustParseReference("ghcr.io/acme/web:1")); err == nil {
		t.Error("a damaged source was written to an archive")
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("ended"))
	if _, err := writeArchive(ended, openSource(t, sourcetest.Dir(t, l.Files())).Root, filepath.Join(out, "other.tar"), reference.MustParseReference("ghcr.io/acme/web:1")); err == nil {
		t.Error("a run that has ended wrote an archive")
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 0 {
		t.Errorf("the folder contains %v, want no file (error %v)", left, err)
	}
}
