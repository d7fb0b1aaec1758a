package sink

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// disk simulates a disk with the given free space, in bytes.
type disk struct {
	mu    sync.Mutex
	space int
}

func (d *disk) wrapWriter(w io.Writer) io.Writer {
	return writer(func(p []byte) (int, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(p) <= d.space {
			d.space -= len(p)
			return w.Write(p)
		}
		n, _ := w.Write(p[:d.space])
		d.space = 0
		return n, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// Each run of the test has a disk with more space. If the disk is too small, no
// incomplete file has its final name, and the next pull with enough space succeeds.
func TestPullContinuesAfterAFullDisk(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	for space := 0; ; space += 97 {
		dir, d := t.TempDir(), &disk{space: space}
		_, err := tryWrite(t, mustParse(t, "oci:"+dir), img, d.wrapWriter)
		if err == nil {
			break
		}
		wantCode(t, err, CodeFull)
		noLeftovers(t, dir)
		wholeBlobs(t, dir)
		if _, exists := files(t, dir)[indexFile]; exists {
			t.Fatalf("space %d: index.json exists", space)
		}
		write(t, dir, img)
		wantSame(t, readBack(t, dir).Root, img.Root)
	}
}

// wholeBlobs verifies the digest of every file that has the name of a blob.
func wholeBlobs(t *testing.T, dir string) {
	t.Helper()
	for name, text := range files(t, dir) {
		if hex, ok := strings.CutPrefix(name, blobsDir+"/"); ok {
			if h, _, _ := v1.SHA256(strings.NewReader(text)); h.Hex != hex {
				t.Errorf("%s has the wrong digest", name)
			}
		}
	}
}

// The reader reports the wrong digest only after the last byte.
func TestWrongBytesNeverGetAFinalName(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	for _, kind := range []Kind{OCILayout, OCIArchive, DockerArchive} {
		dir := filepath.Join(t.TempDir(), "it")
		s, err := Open(t.Context(), Target{Kind: kind, Path: dir}, img)
		if err != nil {
			t.Fatal(err)
		}
		desc := img.Root.Blobs[1].Descriptor
		wrong := errors.New("other bytes")
		reader := io.MultiReader(bytes.NewReader(make([]byte, desc.Size)), failing{wrong})
		if err := s.Put(t.Context(), desc, reader); !errors.Is(err, wrong) {
			t.Errorf("%s: got %v", kind, err)
		}
		if err := s.Commit(t.Context()); err == nil {
			t.Errorf("%s: Commit succeeded without all blobs", kind)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if kind == OCILayout {
			noLeftovers(t, dir)
			wholeBlobs(t, dir)
		} else if left := files(t, filepath.Dir(dir)); len(left) > 0 {
			t.Errorf("%s: the files %q remain", kind, sortedNames(left))
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestCancelledPutLeavesNoFiles(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	dir := t.TempDir()
	s, err := Open(t.Context(), mustParse(t, dir), img)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	half := io.MultiReader(strings.NewReader("half"), cancelling{func() { cancel(errors.New("enough")) }}, strings.NewReader("more"))
	if err := s.Put(ctx, img.Root.Blobs[1].Descriptor, half); err == nil || err.Error() != "enough" {
		t.Errorf("got %v, want the cause", err)
	}
	noLeftovers(t, dir)
	wholeBlobs(t, dir)
}

type cancelling struct{ stop func() }

func (s cancelling) Read([]byte) (int, error) { s.stop(); return 0, io.EOF }

func TestImageWithTwoSizesForOneBlobIsRefused(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	twice := *img.Root.Blobs[1]
	twice.Descriptor.Size++
	img.Root.Blobs = append(img.Root.Blobs, &twice)
	_, err := Open(t.Context(), mustParse(t, t.TempDir()), img)
	wantCode(t, err, CodeNotSupported)
}

func TestWaitingForTheLockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	dir, img := t.TempDir(), imageOf(t, "ghcr.io/acme/web:1", single)
	write(t, dir, img)
	holder, err := os.OpenFile(filepath.Join(dir, layoutFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if free, err := tryLock(holder); !free || err != nil {
		t.Fatalf("the test got the lock: %t, %v", free, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := Open(ctx, mustParse(t, dir), img); err == nil || err.Error() != "enough" {
		t.Errorf("got %v, want the cause", err)
	}
}

// Incomplete files of a running pull are kept. Files of other programs are kept,
// too.
func TestIncompleteFilesOfKilledRunsAreRemoved(t *testing.T) {
	t.Parallel()
	dir, img := t.TempDir(), imageOf(t, "ghcr.io/acme/web:1", single)
	write(t, dir, img)
	old := time.Now().Add(-2 * abandonedAfter)
	for name, written := range map[string]time.Time{
		partPrefix + "OLD" + partSuffix: old, partPrefix + "NEW" + partSuffix: time.Now(), "theirs": old,
	} {
		path := filepath.Join(dir, "blobs", "sha256", name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, written, written)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, img)
	left := files(t, dir)
	for name, stays := range map[string]bool{"OLD": false, "NEW": true} {
		if _, exists := left[blobsDir+"/"+partPrefix+name+partSuffix]; exists != stays {
			t.Errorf("%s exists: %t", name, exists)
		}
	}
	if _, exists := left[blobsDir+"/theirs"]; !exists {
		t.Error("a file of another program was removed")
	}
}
