package ghcrtest_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestBlobsOnDiskHaveTheNameOfTheirDigest(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Dir = t.TempDir()
	s := start(t, config)
	c := as(t, s, job).on("acme/web")
	digest := c.pushBlob("acme/web", "content")
	c.openUpload("acme/web") // never finished
	c.do(http.MethodPut, c.openUpload("acme/web")+"?digest="+digestOf("x"), "y").has(t, 400, "DIGEST_INVALID")
	raw, err := os.ReadFile(filepath.Join(config.Dir, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:")))
	if err != nil || string(raw) != "content" {
		t.Errorf("got %q, %v", raw, err)
	}
	as(t, s, anonymous).do(http.MethodGet, redirected(t, c, digest), "").has(t, 200, "content")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(config.Dir, "uploads", "*")); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want no unfinished uploads", left, err)
	}
}

// Windows does not replace a file that another request reads.
func TestASecondUploadKeepsTheFileOfTheFirst(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Dir = t.TempDir()
	c := as(t, start(t, config), job).on("acme/web")
	path := filepath.Join(config.Dir, "blobs", "sha256", strings.TrimPrefix(c.pushBlob("acme/web", "content"), "sha256:"))
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	c.pushBlob("acme/web", "content")
	before, err := reader.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("got another file, %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(config.Dir, "uploads", "*")); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want no unfinished uploads", left, err)
	}
}

func TestEmptyBlobIsStored(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", t.TempDir()} {
		config := acme()
		config.Dir = dir
		s := start(t, config)
		as(t, s, job).on("acme/web").pushBlob("acme/web", "")
		if got, err := s.Blob("acme/web", digestOf("")); err != nil || len(got) != 0 {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	}
}

// The test is not parallel, because it measures the allocations of the whole process.
func TestLargeBlobOnDiskNeedsLittleMemory(t *testing.T) {
	const size, limit = 128 << 20, 16 << 20
	config := acme()
	config.Dir = t.TempDir()
	c := as(t, start(t, config), job).on("acme/web")
	at := c.openUpload("acme/web")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := c.send(http.MethodPatch, at, io.LimitReader(zeros{}, size))
	runtime.ReadMemStats(&after)
	if err != nil || got.status != 202 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > limit {
		t.Errorf("streaming %d bytes allocated %d, want at most %d", size, used, limit)
	}
}

// zeros is an endless reader.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
