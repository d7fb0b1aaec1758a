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

// disk is one with so much room, in bytes.
type disk struct {
	mu   sync.Mutex
	room int
}

func (d *disk) through(w io.Writer) io.Writer {
	return writer(func(p []byte) (int, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(p) <= d.room {
			d.room -= len(p)
			return w.Write(p)
		}
		n, _ := w.Write(p[:d.room])
		d.room = 0
		return n, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// TestFullDisk fills up after every number of bytes, and finds nothing half
// written; then there is room again, and the pull goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	for room := 0; ; room += 97 {
		dir, d := t.TempDir(), &disk{room: room}
		_, err := tryKeep(t, parsed(t, "oci:"+dir), img, d.through)
		if err == nil {
			break
		}
		wantCode(t, err, CodeFull)
		noLeftovers(t, dir)
		wholeBlobs(t, dir)
		if _, there := files(t, dir)[indexFile]; there {
			t.Fatalf("room %d: index.json is there", room)
		}
		keep(t, dir, img)
		same(t, opened(t, dir).Root, img.Root)
	}
}

// wholeBlobs hashes every file that has the name of a blob.
func wholeBlobs(t *testing.T, dir string) {
	t.Helper()
	for name, text := range files(t, dir) {
		if hex, ok := strings.CutPrefix(name, blobsDir+"/"); ok {
			if h, _, _ := v1.SHA256(strings.NewReader(text)); h.Hex != hex {
				t.Errorf("%s has other bytes", name)
			}
		}
	}
}

// TestWrongBytesNeverGetTheName: the reader says in its last word that the
// digest is another.
func TestWrongBytesNeverGetTheName(t *testing.T) {
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
			t.Errorf("%s: committed without its blobs", kind)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if kind == OCILayout {
			noLeftovers(t, dir)
			wholeBlobs(t, dir)
		} else if left := files(t, filepath.Dir(dir)); len(left) > 0 {
			t.Errorf("%s: left %q", kind, sortedNames(left))
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestCancelledPutLeavesNothing(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	dir := t.TempDir()
	s, err := Open(t.Context(), parsed(t, dir), img)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	half := io.MultiReader(strings.NewReader("half"), stopping{func() { cancel(errors.New("enough")) }}, strings.NewReader("more"))
	if err := s.Put(ctx, img.Root.Blobs[1].Descriptor, half); err == nil || err.Error() != "enough" {
		t.Errorf("got %v, want the cause", err)
	}
	noLeftovers(t, dir)
	wholeBlobs(t, dir)
}

type stopping struct{ stop func() }

func (s stopping) Read([]byte) (int, error) { s.stop(); return 0, io.EOF }

func TestImageThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	twice := *img.Root.Blobs[1]
	twice.Descriptor.Size++
	img.Root.Blobs = append(img.Root.Blobs, &twice)
	_, err := Open(t.Context(), parsed(t, t.TempDir()), img)
	wantCode(t, err, CodeImage)
}

func TestLockIsWaitedForUntilTheRunEnds(t *testing.T) {
	t.Parallel()
	dir, img := t.TempDir(), imageOf(t, "ghcr.io/acme/web:1", single)
	keep(t, dir, img)
	holder, err := os.OpenFile(filepath.Join(dir, markFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if free, err := tryLock(holder); !free || err != nil {
		t.Fatalf("the lock is free: %t, %v", free, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := Open(ctx, parsed(t, dir), img); err == nil || err.Error() != "enough" {
		t.Errorf("got %v, want the cause", err)
	}
}

// TestKilledRunsAreSweptUpAfter: what is still being written stays, as does
// whatever is not ours.
func TestKilledRunsAreSweptUpAfter(t *testing.T) {
	t.Parallel()
	dir, img := t.TempDir(), imageOf(t, "ghcr.io/acme/web:1", single)
	keep(t, dir, img)
	old := time.Now().Add(-2 * abandoned)
	for name, written := range map[string]time.Time{
		partPrefix + "DEAD" + partSuffix: old, partPrefix + "ALIVE" + partSuffix: time.Now(), "theirs": old,
	} {
		path := filepath.Join(dir, "blobs", "sha256", name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, written, written)); err != nil {
			t.Fatal(err)
		}
	}
	keep(t, dir, img)
	left := files(t, dir)
	for name, stays := range map[string]bool{"DEAD": false, "ALIVE": true} {
		if _, there := left[blobsDir+"/"+partPrefix+name+partSuffix]; there != stays {
			t.Errorf("%s is there: %t", name, there)
		}
	}
	if _, there := left[blobsDir+"/theirs"]; !there {
		t.Error("a file of others was taken away")
	}
}
