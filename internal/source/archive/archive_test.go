package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

type file = sourcetest.File

// large is content that is too large to be kept from a compressed tar.
var large = bytes.Repeat([]byte("0123456789abcdef"), (keepEach/16)+100)

// packings returns the tar in each form of compression.
func packings(t testing.TB, raw []byte) map[string][]byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return map[string][]byte{"plain": raw, "gzip": sourcetest.Gzip(raw), "zstd": w.EncodeAll(raw, nil)}
}

func readRaw(raw []byte) (*Archive, error) {
	return read(context.Background(), "x.tar", bytes.NewReader(raw), int64(len(raw)))
}

func mustRead(t testing.TB, raw []byte) *Archive {
	t.Helper()
	a, err := readRaw(raw)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func content(t testing.TB, a *Archive, name string) string {
	t.Helper()
	r, err := a.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading %q: %v", name, err)
	}
	return string(raw)
}

func TestFilesAreReadInAnyOrderAndConcurrently(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long/", 40) + "name"
	files := []file{
		{Name: "./a/", Type: tar.TypeDir}, {Name: "./a/small", Body: []byte("small")},
		{Name: "big1", Body: append([]byte("one"), large...)}, {Name: long, Body: []byte("far")},
		{Name: "big2", Body: append([]byte("two"), large...)}, {Name: "empty"},
	}
	for packing, raw := range packings(t, sourcetest.TarBytes(t, files)) {
		a := mustRead(t, raw)
		if !a.Complete() {
			t.Errorf("%s: the end mark was not found", packing)
		}
		for _, name := range []string{"big2", "big1", "a/small", "big2", long, "empty", "big1"} {
			want := map[string]string{"a/small": "small", long: "far", "big1": "one" + string(large), "big2": "two" + string(large)}[name]
			if got := content(t, a, name); got != want {
				t.Errorf("%s: %q has %d bytes, want %d", packing, name, len(got), len(want))
			}
		}
		one, _ := a.Open(t.Context(), "big1")
		two, _ := a.Open(t.Context(), "big2")
		x, y := make([]byte, 3), make([]byte, 3)
		_, _ = io.ReadFull(one, x)
		_, _ = io.ReadFull(two, y)
		if string(x) != "one" || string(y) != "two" {
			t.Errorf("%s: two concurrent readers got %q and %q", packing, x, y)
		}
		if head, err := a.Head(t.Context(), "big2"); err != nil || string(head) != "two01234" {
			t.Errorf("%s: head %q, %v", packing, head, err)
		}
	}
}

func TestReadingACompressedTarInOrderDecompressesItOnce(t *testing.T) {
	t.Parallel()
	files := []file{{Name: "1", Body: large}, {Name: "2", Body: large}, {Name: "3", Body: large}}
	a := mustRead(t, sourcetest.Gzip(sourcetest.TarBytes(t, files)))
	c := a.bodies.(*cursors)
	begun := 0
	inflate := c.inflate
	c.inflate = func(r io.Reader) (io.ReadCloser, error) { begun++; return inflate(r) }
	for _, name := range []string{"1", "2", "3"} {
		content(t, a, name)
	}
	if begun != 1 {
		t.Errorf("decompression began %d times, want once", begun)
	}
}

func TestHostileArchivesAreRefused(t *testing.T) {
	t.Parallel()
	deep := []file{{Name: "0", Link: "1"}}
	for i := range maxLinks {
		deep = append(deep, file{Name: string(rune('1' + i)), Link: string(rune('2' + i))})
	}
	cases := []struct {
		name  string
		files []file
		need  string // the file whose opening returns the error; empty if Open returns the error
		code  string
	}{
		{"absolute name", []file{{Name: "/etc/passwd"}}, "", "source-unsafe-path"},
		{"name with ..", []file{{Name: "a/../../b"}}, "", "source-unsafe-path"},
		{"character device", []file{{Name: "tty", Type: tar.TypeChar}}, "", "source-unsafe-path"},
		{"block device", []file{{Name: "sda", Type: tar.TypeBlock}}, "", "source-unsafe-path"},
		{"pipe", []file{{Name: "p", Type: tar.TypeFifo}}, "", "source-unsafe-path"},
		{"absolute link", []file{{Name: "a", Link: "/etc/passwd"}}, "", "source-unsafe-path"},
		{"link that leaves", []file{{Name: "a/b", Link: "../../etc/passwd"}}, "", "source-unsafe-path"},
		{"hard link to a path outside the archive", []file{{Name: "a/b", Link: "../x", Type: tar.TypeLink}}, "", "source-unsafe-path"},
		{"link with .. in the middle", []file{{Name: "a", Link: "b/../../c"}}, "", "source-unsafe-path"},
		{"link to itself", []file{{Name: "a", Link: "a"}}, "a", "source-unsafe-path"},
		{"cyclic links", []file{{Name: "a", Link: "b"}, {Name: "b", Link: "a"}}, "a", "source-unsafe-path"},
		{"too many chained links", deep, "0", "source-unsafe-path"},
		{"link and file with one name", []file{{Name: "a"}, {Name: "a", Link: "b"}}, "", "source-unsafe-path"},
		{"two files with one name", []file{{Name: "a", Body: []byte("x")}, {Name: "a", Body: []byte("y")}}, "a", "source-unreadable"},
		{"two files with one name and different sizes", []file{{Name: "a"}, {Name: "a", Body: []byte("y")}}, "a", "source-unreadable"},
		{"name that is too long", []file{{Name: strings.Repeat("n", MaxName+1)}}, "", "source-unsafe-path"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for packing, raw := range packings(t, sourcetest.TarBytes(t, c.files)) {
				a, err := readRaw(raw)
				if c.need != "" && err == nil {
					_, err = a.Stat(t.Context(), c.need)
				}
				if !diag.Is(err, c.code) {
					t.Errorf("%s: got %v, want %s", packing, err, c.code)
				}
			}
		})
	}
}

func TestEndlessArchivesAreRefused(t *testing.T) {
	t.Parallel()
	raw := sourcetest.TarBytes(t, []file{{Name: "1"}, {Name: "2"}, {Name: "3"}})
	for remaining, refused := range map[int]bool{2: true, 3: false} {
		a := &Archive{path: "x.tar", entries: map[string]*entry{}, remaining: remaining}
		err := a.scanPlain(t.Context(), bytes.NewReader(raw), int64(len(raw)))
		if diag.Is(err, "source-too-many-files") != refused {
			t.Errorf("room for %d of 3 files: got %v", remaining, err)
		}
	}
	hintRewrite := slices.Repeat([]file{{Name: "again"}}, 100)
	if _, err := readRaw(sourcetest.TarBytes(t, hintRewrite)); !diag.Is(err, "source-too-many-files") {
		t.Errorf("one name a hundred times: got %v", err)
	}
}

func TestSparseFilesAreRefused(t *testing.T) {
	t.Parallel()
	var raw bytes.Buffer
	w := tar.NewWriter(&raw)
	// archive/tar cannot write sparse files. For the reader of the tar, one
	// record of the format is enough.
	h := &tar.Header{Name: "a", Typeflag: tar.TypeReg, Format: tar.FormatPAX, PAXRecords: map[string]string{"VENDOR.sparse.major": "1"}}
	if err := w.WriteHeader(h); err != nil {
		t.Fatal(err)
	}
	bent := bytes.Replace(raw.Bytes(), []byte("VENDOR.sparse.major"), []byte("GNU.sparse.majorxxx"), 1)
	if bytes.Equal(bent, raw.Bytes()) {
		t.Fatal("the record is not at the expected offset")
	}
	if _, err := readRaw(bent); !diag.Is(err, "source-unsafe-path") {
		t.Errorf("got %v", err)
	}
}

func TestEqualFilesWithOneNameAreOneFile(t *testing.T) {
	t.Parallel()
	files := []file{{Name: "a", Body: large}, {Name: "b", Body: []byte("b")}, {Name: "a", Body: large}}
	for packing, raw := range packings(t, sourcetest.TarBytes(t, files)) {
		if got := content(t, mustRead(t, raw), "a"); got != string(large) {
			t.Errorf("%s: got %d bytes", packing, len(got))
		}
	}
}

func TestLinksAreFollowedInsideTheArchive(t *testing.T) {
	t.Parallel()
	files := []file{
		{Name: "x/layer.tar", Body: []byte("layer")},
		{Name: "y/layer.tar", Link: "../x/layer.tar"},
		{Name: "z/layer.tar", Link: "y/layer.tar", Type: tar.TypeLink},
		{Name: "dangling", Link: "nowhere"},
	}
	a := mustRead(t, sourcetest.TarBytes(t, files))
	if got := content(t, a, "z/layer.tar"); got != "layer" {
		t.Errorf("got %q", got)
	}
	if got, err := a.Resolve("z/layer.tar"); got != "x/layer.tar" || err != nil {
		t.Errorf("resolved to %q, %v", got, err)
	}
	for _, name := range []string{"dangling", "missing"} {
		if _, err := a.Stat(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v, want fs.ErrNotExist", name, err)
		}
	}
}

func TestErrorNamesTheTruncatedFile(t *testing.T) {
	t.Parallel()
	// The header of "first" ends at byte 512, and its body ends at byte 513.
	// The header of "last" ends at byte 1536, and its body ends at byte 2236.
	// The padding of "last" ends at byte 2560, and the end mark ends at byte
	// 3584.
	whole := sourcetest.TarBytes(t, []file{{Name: "first", Body: []byte("1")}, {Name: "last", Body: bytes.Repeat([]byte("x"), 700)}})
	cases := []struct {
		name     string
		from, to int // every length in this range
		code     string
		says     string
		complete bool
	}{
		{"nothing", 0, 0, "source-not-a-layout", "empty", false},
		{"in the first header", 1, 511, "source-not-a-layout", "not an image archive", false},
		{"before the first body", 512, 512, "source-truncated", `"first" needs 1 more`, false},
		{"in the second header", 1025, 1535, "source-truncated", `after the file "first"`, false},
		{"in the last body", 1536, 2235, "source-truncated", `"last" needs`, false},
		{"all content exists, but the padding is missing", 2236, 2560, "", "", false},
		{"in the end mark", 2561, 3071, "source-truncated", `after the file "last"`, false},
		{"after half of the end mark", 3072, 3072, "", "", true},
		{"whole", 3584, 3584, "", "", true},
	}
	for _, c := range cases {
		for cut := c.from; cut <= c.to; cut++ {
			a, err := readRaw(whole[:cut])
			if c.code == "" && (err != nil || a.Complete() != c.complete) {
				t.Errorf("%s (%d bytes): got %v", c.name, cut, err)
			}
			if c.code != "" && (!diag.Is(err, c.code) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%s (%d bytes): got %v, want %s", c.name, cut, err, c.code)
			}
		}
	}
}

// The package archive/tar returns io.EOF for a tar that ends after an extended header.
func TestATarThatEndsInAnExtendedHeaderIsNotComplete(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"first", "second"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, PAXRecords: map[string]string{"ACME.key": "value"}, Format: tar.FormatPAX}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for cut := 512; cut < b.Len()-1024; cut += 512 { // each block of the headers
		for _, raw := range [][]byte{b.Bytes()[:cut], sourcetest.Gzip(b.Bytes()[:cut])} {
			if a, err := readRaw(raw); err == nil && a.Complete() {
				t.Errorf("a tar of %d bytes is complete", cut)
			}
		}
	}
	if a, err := readRaw(b.Bytes()); err != nil || !a.Complete() {
		t.Errorf("the whole tar: %v", err)
	}
}

func TestATruncatedCompressedTarIsAnError(t *testing.T) {
	t.Parallel()
	tarred := sourcetest.TarBytes(t, []file{{Name: "first", Body: large}, {Name: "last", Body: []byte("x")}})
	for packing, raw := range packings(t, tarred) {
		if packing == "plain" {
			continue
		}
		for _, cut := range []int{len(raw) - 1, len(raw) - 9, len(raw) / 2, 12} {
			if _, err := readRaw(raw[:cut]); !diag.Is(err, "source-truncated") {
				t.Errorf("%s truncated at %d of %d bytes: got %v", packing, cut, len(raw), err)
			}
		}
	}
	inner := sourcetest.Gzip(tarred[:len(large)/2])
	if _, err := readRaw(inner); !diag.Is(err, "source-truncated") || !strings.Contains(err.Error(), `"first"`) {
		t.Errorf("complete gzip stream of a truncated tar: got %v", err)
	}
}

func TestFilesThatAreNotTarsAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, raw, code string }{
		{"text", strings.Repeat("not a tar at all\n", 100), "source-not-a-layout"},
		{"bzip2", "BZh91AY&SY", "source-not-a-layout"},
		{"xz", "\xfd7zXZ\x00", "source-not-a-layout"},
		{"gzipped text", string(sourcetest.Gzip(bytes.Repeat([]byte("text\n"), 500))), "source-not-a-layout"},
		{"gzip with a wrong checksum", damage(sourcetest.Gzip(sourcetest.TarBytes(t, []file{{Name: "a"}}))), "source-unreadable"},
	}
	for _, c := range cases {
		if _, err := readRaw([]byte(c.raw)); !diag.Is(err, c.code) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
}

func damage(gzipped []byte) string {
	gzipped[len(gzipped)-6] ^= 1
	return string(gzipped)
}

func TestAnEndedContextStopsReading(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for packing, raw := range packings(t, sourcetest.TarBytes(t, []file{{Name: "a", Body: large}})) {
		if _, err := read(ctx, "x.tar", bytes.NewReader(raw), int64(len(raw))); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: listing the files returned %v", packing, err)
		}
		if r, err := mustRead(t, raw).Open(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: opening a file returned %v, %v", packing, r, err)
		}
	}
}
