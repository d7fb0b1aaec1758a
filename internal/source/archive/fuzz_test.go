package archive

import (
	"archive/tar"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// FuzzRead checks that read returns for all input, and that no listed file is larger than its
// tar. The seeds are short: the fuzzer removes the bytes of an input one by one, so that a tar
// of some thousand bytes takes minutes (-fuzzminimizetime). FuzzReadHeaders tests tars.
func FuzzRead(f *testing.F) {
	f.Add(sourcetest.Gzip(sourcetest.TarBytes(f, []file{
		{Name: "index.json", Body: []byte("{}")}, {Name: "b/layer.tar", Link: "../index.json"}, {Name: "c", Link: "index.json", Type: tar.TypeLink},
	})))
	f.Add([]byte("index.json"))
	f.Fuzz(checkRead)
}

// checkRead reads a tar and all files that it lists.
func checkRead(t *testing.T, raw []byte) {
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
}

// FuzzReadHeaders checks the same rules as FuzzRead. The fuzzer changes the fields of two
// headers. If the fuzzer changed the bytes of a tar, most headers would have a wrong checksum.
func FuzzReadHeaders(f *testing.F) {
	f.Add("a/layer.tar", "", byte(tar.TypeReg), int64(5), "b/layer.tar", "../a/layer.tar", byte(tar.TypeSymlink), []byte("layer"), uint8(0))
	f.Add("index.json", "", byte(tar.TypeReg), int64(2), "c", "index.json", byte(tar.TypeLink), []byte("{}"), uint8(1))
	f.Add("../up", "", byte(tar.TypeReg), int64(0), "dev", "", byte(tar.TypeChar), []byte(nil), uint8(2))
	f.Add("long", "", byte(tar.TypeGNULongName), int64(3), "x", "", byte(tar.TypeReg), []byte("a/b"), uint8(0))
	f.Add("pax", "", byte(tar.TypeXHeader), int64(30), "x", "", byte(tar.TypeReg), []byte("30 size=9223372036854775807\n\n\n"), uint8(0))
	f.Add("sparse", "", byte(tar.TypeGNUSparse), int64(1<<40), "x", "", byte(tar.TypeReg), []byte("x"), uint8(3))
	f.Fuzz(func(t *testing.T, name, link string, kind byte, size int64, name2, link2 string, kind2 byte, body []byte, form uint8) {
		raw := slices.Concat(block(name, link, kind, size), zeroed(body), block(name2, link2, kind2, 0), make([]byte, 1024))
		if form&1 != 0 {
			raw = raw[:len(raw)-1024-int(form)] // without the end mark, and with a part of the last header
		}
		if form&2 != 0 {
			raw = sourcetest.Gzip(raw)
		}
		checkRead(t, raw)
	})
}

// block returns the header of a file with the right checksum (POSIX, "ustar Interchange
// Format"). The size is not always the size of the file.
func block(name, link string, kind byte, size int64) []byte {
	b := make([]byte, 512)
	copy(b[:100], name)
	copy(b[100:], "0000644\x000000000\x000000000\x00")
	copy(b[124:136], fmt.Sprintf("%011o\x00", uint64(size)))
	copy(b[136:], "00000000000\x00        ")
	b[156] = kind
	copy(b[157:257], link)
	copy(b[257:], "ustar\x0000")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// zeroed returns the content of a file with the zeros up to the next header.
func zeroed(body []byte) []byte { return append(slices.Clone(body), make([]byte, -len(body)&511)...) }

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
