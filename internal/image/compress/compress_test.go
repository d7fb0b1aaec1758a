package compress

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/iotest"
)

// sample returns compressible content without long repetitions.
func sample(n int) []byte {
	words := []string{"layer", "config", "usr/lib/", "\x00\x00\x00\x00", "ustar", "etc"}
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(byte(r.IntN(256)))
	}
	return b.Bytes()[:n]
}

func accept([sha256.Size]byte, int64) error { return nil }

// method returns a valid method.
func method(t testing.TB, f Format, level int) Method {
	t.Helper()
	m, err := New(f, level)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func compress(t testing.TB, m Method, r io.Reader) []byte {
	t.Helper()
	c := m.Compress(io.NopCloser(r), accept)
	defer c.Close()
	out, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDecompressReturnsTheCompressedContent(t *testing.T) {
	t.Parallel()
	for _, m := range []Method{Default, method(t, Gzip, 9), method(t, Zstd, 0), method(t, Zstd, 9)} {
		for _, size := range []int{0, 1, gzipWindow, gzipBlock - 1, gzipBlock, gzipBlock + 1, 3*gzipBlock + 7, zstdBlock, 2*zstdBlock + 7} {
			plain := sample(size)
			packed := compress(t, m, bytes.NewReader(plain))
			if got := Detect(packed); got != m.Format {
				t.Errorf("%s, %d bytes: Detect returned %q", m.Format, size, got)
			}
			r, err := Decompress(io.NopCloser(bytes.NewReader(packed)), int64(size))
			if err != nil {
				t.Fatalf("%s, %d bytes: %v", m.Format, size, err)
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s, %d bytes: got %d bytes, %v", m.Format, size, len(got), err)
			}
		}
	}
}

func TestTheStandardLibraryReadsOneGzipMember(t *testing.T) {
	t.Parallel()
	for level := 1; level <= 9; level++ {
		plain := sample(3*gzipBlock + 7)
		r, err := gzip.NewReader(bytes.NewReader(compress(t, method(t, Gzip, level), bytes.NewReader(plain))))
		if err != nil {
			t.Fatalf("level %d: %v", level, err)
		}
		r.Multistream(false)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("level %d: got %d bytes, %v", level, len(got), err)
		}
	}
}

// The digests of published layers depend on these bytes. If they change, every
// unchanged image gets a new digest. In the short mode, the test compresses the sample once
// with each method, because an emulated processor is slow.
func TestCompressedBytesAreTheSameOnEveryMachine(t *testing.T) {
	t.Parallel()
	plain := sample(5*gzipBlock + 1234)
	cases := []struct {
		method Method
		want   string
	}{
		{Default, "bcfaaaa19d8b20d86f5ae0649cb8f40343890e28280d668b75d7f17d63e84de8"},
		{method(t, Gzip, 6), "0fa862fdfea8e5ed6191e2f63c9d05c26b15d749d901eca4ded5552854cc852a"},
		{method(t, Gzip, 9), "aa3a4d0d720d22b07c8e47ae7cd6f9ca93795d15a03ddd8e925e111c84ae2050"},
		{method(t, Zstd, 1), "40a516ddf3f9449439b9d51303b033aa8897c3d789281c9663b52a91e7696f00"},
		{method(t, Zstd, 0), "fc937103c72782457c05bdcda290782851bd8178e45bab99e73eb93c860f81c5"},
		{method(t, Zstd, 7), "050fda0370837aa8949f047d0b0406fd661d9cd9349d1e239316de85d60bc851"},
		{method(t, Zstd, 22), "5f0081e55bb89391cfa3a18afe414f54237e3d8c842c21586aacaa787b63a9cd"},
	}
	for _, c := range cases {
		repeats := 3
		if testing.Short() {
			repeats = 1
		}
		for range repeats { // a reused encoder must give the same bytes
			sum := sha256.Sum256(compress(t, c.method, bytes.NewReader(plain)))
			if got := hex.EncodeToString(sum[:]); got != c.want {
				t.Errorf("%s: got %s, want %s", c.method.Format, got, c.want)
			}
		}
		if testing.Short() {
			continue
		}
		slow := sha256.Sum256(compress(t, c.method, iotest.HalfReader(bytes.NewReader(plain))))
		if got := hex.EncodeToString(slow[:]); got != c.want {
			t.Errorf("%s, read in small pieces: got %s, want %s", c.method.Format, got, c.want)
		}
	}
}

func TestInvalidMethodsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format Format
		level  int
	}{{Plain, 0}, {"xz", 0}, {Gzip, 10}, {Gzip, -1}, {Zstd, 23}} {
		if _, err := New(c.format, c.level); err == nil {
			t.Errorf("New accepts %q at level %d", c.format, c.level)
		}
	}
}

func TestDecompressHasALimit(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 4<<20)
	for _, m := range []Method{Default, method(t, Zstd, 0)} {
		packed := compress(t, m, bytes.NewReader(zeros))
		r, err := Decompress(io.NopCloser(bytes.NewReader(packed)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if !errors.Is(err, ErrTooLarge) || n > 1<<20 {
			t.Errorf("%s: got %d bytes, %v; want ErrTooLarge", m.Format, n, err)
		}
		r.Close()
	}
}

func TestATruncatedStreamIsDamaged(t *testing.T) {
	t.Parallel()
	plain := sample(2*zstdBlock + 5)
	for _, m := range []Method{Default, method(t, Zstd, 0)} {
		packed := compress(t, m, bytes.NewReader(plain))
		for _, cut := range []int{1, len(packed) / 2, len(packed) - 1} {
			r, err := Decompress(io.NopCloser(bytes.NewReader(packed[:cut])), 1<<30)
			if err != nil {
				continue
			}
			if got, err := io.ReadAll(r); !errors.Is(err, ErrDamaged) && !bytes.Equal(got, packed[:cut]) {
				t.Errorf("%s truncated at %d of %d bytes: %v", m.Format, cut, len(packed), err)
			}
			r.Close()
		}
	}
}

func TestVerifyGetsThePlainContentAndItsErrorEndsTheStream(t *testing.T) {
	t.Parallel()
	plain := sample(gzipBlock + 5)
	refused := errors.New("refused")
	c := Default.Compress(io.NopCloser(bytes.NewReader(plain)), func(sum [sha256.Size]byte, size int64) error {
		if sum != sha256.Sum256(plain) || size != int64(len(plain)) {
			t.Errorf("verify got %x and %d bytes", sum, size)
		}
		return refused
	})
	defer c.Close()
	out, err := io.ReadAll(c)
	if !errors.Is(err, refused) {
		t.Fatalf("got %v, want the error of verify", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("the content before the error is a complete gzip member")
	}
}

func TestCompressReturnsTheErrorOfItsSource(t *testing.T) {
	t.Parallel()
	for _, want := range []error{errors.New("disk failure"), io.ErrUnexpectedEOF} {
		src := io.MultiReader(bytes.NewReader(sample(gzipBlock+9)), iotest.ErrReader(want))
		c := Default.Compress(io.NopCloser(src), accept)
		if _, err := io.ReadAll(c); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		c.Close()
	}
}

type closeCounter struct {
	io.Reader
	closed int
}

func (c *closeCounter) Close() error { c.closed++; return nil }

func TestClosedStreamsDoNotBlockTheNextStream(t *testing.T) {
	t.Parallel()
	plain := sample(4 * gzipBlock)
	for range 4 * (runtime.GOMAXPROCS(0) + ownBlocks(Default.codec)) {
		src := &closeCounter{Reader: bytes.NewReader(plain)}
		c := Default.Compress(src, accept)
		if _, err := io.ReadFull(c, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		c.Close()
		c.Close()
		if src.closed != 1 {
			t.Fatalf("the source was closed %d times", src.closed)
		}
	}
	compress(t, Default, bytes.NewReader(plain))
}

func TestStalledStreamsDoNotBlockOtherStreams(t *testing.T) {
	t.Parallel()
	plain := sample(8 * gzipBlock)
	for range runtime.GOMAXPROCS(0) + 2 {
		stalled := Default.Compress(io.NopCloser(bytes.NewReader(plain)), accept)
		defer stalled.Close()
	}
	compress(t, Default, bytes.NewReader(plain))
}

func TestDecompressReturnsTheErrorOfItsSource(t *testing.T) {
	t.Parallel()
	for _, m := range []Method{Default, method(t, Zstd, 0)} {
		packed := compress(t, m, bytes.NewReader(sample(gzipBlock)))
		for _, at := range []int{0, 3, len(packed) / 2} {
			want := errors.New("connection reset")
			r, err := Decompress(io.NopCloser(io.MultiReader(bytes.NewReader(packed[:at]), iotest.ErrReader(want))), 1<<30)
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if !errors.Is(err, want) || errors.Is(err, ErrDamaged) {
				t.Errorf("%s after %d bytes: %v", m.Format, at, err)
			}
		}
	}
}

func FuzzDecompress(f *testing.F) {
	for _, m := range []Method{Default, method(f, Zstd, 0)} {
		f.Add(compress(f, m, bytes.NewReader(sample(1000))))
	}
	f.Add([]byte{0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9})
	const limit = 1 << 20
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Decompress(io.NopCloser(bytes.NewReader(raw)), limit)
		if err != nil {
			return
		}
		defer r.Close()
		if n, err := io.Copy(io.Discard, r); n > limit {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
}

func BenchmarkCompress(b *testing.B) {
	plain := sample(32 << 20)
	for _, m := range []Method{Default, method(b, Gzip, 6), method(b, Zstd, 1), method(b, Zstd, 3), method(b, Zstd, 9)} {
		b.Run(m.String(), func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				c := m.Compress(io.NopCloser(bytes.NewReader(plain)), accept)
				n, err := io.Copy(io.Discard, c)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(n)/float64(len(plain)), "ratio")
				c.Close()
			}
		})
	}
}
