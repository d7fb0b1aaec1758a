package gz

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

// sample is compressible and differs from place to place.
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

func compress(t testing.TB, r io.Reader) []byte {
	t.Helper()
	c := Compress(io.NopCloser(r), accept)
	defer c.Close()
	out, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatIsCompressedIsReadBackByTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, windowSize, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 7} {
		plain := sample(size)
		r, err := gzip.NewReader(bytes.NewReader(compress(t, bytes.NewReader(plain))))
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: got %d bytes, %v", size, len(got), err)
		}
	}
}

// The digests of published layers hang on these bytes: a change here makes
// every unchanged image look new.
func TestTheBytesAreTheSameOnEveryMachine(t *testing.T) {
	t.Parallel()
	plain := sample(5*blockSize + 1234)
	want := "bcfaaaa19d8b20d86f5ae0649cb8f40343890e28280d668b75d7f17d63e84de8"
	for range 3 { // encoders that were used before must not differ
		sum := sha256.Sum256(compress(t, bytes.NewReader(plain)))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	slow := sha256.Sum256(compress(t, iotest.HalfReader(bytes.NewReader(plain))))
	if got := hex.EncodeToString(slow[:]); got != want {
		t.Errorf("read in small pieces: got %s, want %s", got, want)
	}
}

func TestVerifyIsToldThePlainContentAndItsErrorEndsTheStream(t *testing.T) {
	t.Parallel()
	plain := sample(blockSize + 5)
	refused := errors.New("refused")
	c := Compress(io.NopCloser(bytes.NewReader(plain)), func(sum [sha256.Size]byte, size int64) error {
		if sum != sha256.Sum256(plain) || size != int64(len(plain)) {
			t.Errorf("told %x and %d bytes", sum, size)
		}
		return refused
	})
	defer c.Close()
	out, err := io.ReadAll(c)
	if !errors.Is(err, refused) {
		t.Fatalf("got %v, want the refusal", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("what was handed out before the refusal is a complete gzip member")
	}
}

func TestAnErrorOfTheSourceIsPassedOn(t *testing.T) {
	t.Parallel()
	for _, want := range []error{errors.New("disk on fire"), io.ErrUnexpectedEOF} {
		src := io.MultiReader(bytes.NewReader(sample(blockSize+9)), iotest.ErrReader(want))
		c := Compress(io.NopCloser(src), accept)
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

func TestManyStreamsLeftHalfwayDoNotStopTheNext(t *testing.T) {
	t.Parallel()
	plain := sample(4 * blockSize)
	for range 4 * (runtime.GOMAXPROCS(0) + ownBlocks) {
		src := &closeCounter{Reader: bytes.NewReader(plain)}
		c := Compress(src, accept)
		if _, err := io.ReadFull(c, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		c.Close()
		c.Close()
		if src.closed != 1 {
			t.Fatalf("source closed %d times", src.closed)
		}
	}
	compress(t, bytes.NewReader(plain))
}

func TestStalledStreamsLeaveOthersRunning(t *testing.T) {
	t.Parallel()
	plain := sample(8 * blockSize)
	for range runtime.GOMAXPROCS(0) + 2 {
		stalled := Compress(io.NopCloser(bytes.NewReader(plain)), accept)
		defer stalled.Close()
	}
	compress(t, bytes.NewReader(plain))
}

func BenchmarkCompress(b *testing.B) {
	plain := sample(32 << 20)
	b.SetBytes(int64(len(plain)))
	b.ReportAllocs()
	for b.Loop() {
		c := Compress(io.NopCloser(bytes.NewReader(plain)), accept)
		if _, err := io.Copy(io.Discard, c); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
