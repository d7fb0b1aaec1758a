package archive

import (
	"archive/tar"
	"fmt"
	"io"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// FuzzRead checks that read returns for all input, and that no listed file is
// larger than its tar.
func FuzzRead(f *testing.F) {
	good := sourcetest.TarBytes(f, []file{
		{Name: "index.json", Body: []byte("{}")}, {Name: "a/layer.tar", Body: []byte("layer")},
		{Name: "b/layer.tar", Link: "../a/layer.tar"}, {Name: "c", Link: "index.json", Type: tar.TypeLink},
	})
	f.Add(good)
	f.Add(good[:1300])
	f.Add(sourcetest.Gzip(good))
	f.Add(sourcetest.TarBytes(f, []file{{Name: "../up"}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := readRaw(raw)
		if err != nil {
			return
		}
		for name, e := range a.entries {
			if escapes(name) || escapes(e.link) {
				t.Errorf("%q → %q leads to a path outside the archive", name, e.link)
			}
			r, err := a.Open(t.Context(), name)
			if err != nil {
				continue
			}
			size, _ := a.Stat(t.Context(), name)
			if n, err := io.Copy(io.Discard, r); err == nil && n != size {
				t.Errorf("%q has %d bytes, and %d were read", name, size, n)
			}
			r.Close()
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	var files []file
	for i := range 10_000 {
		files = append(files, file{Name: fmt.Sprintf("blobs/sha256/%064x", i), Body: []byte("some content")})
	}
	path := sourcetest.Tar(b, files)
	b.ReportAllocs()
	for b.Loop() {
		a, err := Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		a.Close()
	}
}
