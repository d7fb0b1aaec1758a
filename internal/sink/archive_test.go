package sink

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

func TestArchivesKeepTheDigest(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		prefix string
		make   func(*sourcetest.Layout) v1.Descriptor
		kind   source.Kind
	}{
		{"one image", "oci-archive:", single, source.OCIArchive},
		{"an index", "oci-archive:", multi, source.OCIArchive},
		{"for docker load", "docker-archive:", single, source.DockerArchive},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			img := imageOf(t, "ghcr.io/acme/web:1.2.3", c.make)
			path := filepath.Join(t.TempDir(), "image.tar")
			write(t, c.prefix+path, img)
			for _, text := range []string{path, path + "#1.2.3", path + "#ghcr.io/acme/web:1.2.3", "oci-archive:" + path} {
				s := readBack(t, text)
				wantSame(t, s.Root, img.Root)
				if !strings.HasPrefix(text, "oci") && s.Kind != c.kind {
					t.Errorf("%s has the kind %s, want %s", text, s.Kind, c.kind)
				}
			}
		})
	}
}

// Every entry has the same owner and time, and the entries have a fixed order.
func TestArchiveIsADeterministicTar(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1.2.3", single)
	path := filepath.Join(t.TempDir(), "image.tar")
	write(t, "docker-archive:"+path, img)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{layoutFile, indexFile, "manifest.json", "blobs/", "blobs/sha256/", blobName(img.Root.Descriptor.Digest)}
	for _, b := range img.Root.Blobs {
		want = append(want, blobName(b.Descriptor.Digest))
	}
	var got []string
	in := tar.NewReader(bytes.NewReader(raw))
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.Name)
		if h.Uid != 0 || h.Gid != 0 || !h.ModTime.Equal(time.Unix(0, 0)) || h.Format != tar.FormatUSTAR {
			t.Errorf("%s has owner %d:%d, time %s, format %s", h.Name, h.Uid, h.Gid, h.ModTime, h.Format)
		}
		if h.Name == "manifest.json" {
			checkSaved(t, in, img)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if len(raw)%tarBlock != 0 || !bytes.Equal(raw[len(raw)-2*tarBlock:], make([]byte, 2*tarBlock)) {
		t.Error("the two empty blocks at the end of the tar are missing")
	}
}

func checkSaved(t *testing.T, r io.Reader, img Image) {
	t.Helper()
	var got []sourcetest.Entry
	if err := json.NewDecoder(r).Decode(&got); err != nil {
		t.Fatal(err)
	}
	one := got[0]
	if len(got) != 1 || !slices.Equal(one.RepoTags, []string{"ghcr.io/acme/web:1.2.3"}) ||
		one.Config != blobName(img.Root.Blobs[0].Descriptor.Digest) || len(one.Layers) != len(img.Root.Blobs)-1 {
		t.Errorf("manifest.json is %+v", got)
	}
}

// The test writes the blobs in a random order, because a network also delivers
// blobs in any order.
func TestArchiveDoesNotDependOnTheOrderOfBlobs(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", multi)
	var first []byte
	for range 5 {
		path := filepath.Join(t.TempDir(), "image.tar")
		s, err := Open(t.Context(), mustParse(t, "oci-archive:"+path), img)
		if err != nil {
			t.Fatal(err)
		}
		rand.Shuffle(len(s.blobs), func(i, j int) { s.blobs[i], s.blobs[j] = s.blobs[j], s.blobs[i] })
		for _, b := range s.blobs {
			if err := s.Put(t.Context(), b.Descriptor, content(t, b)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(s.Commit(t.Context()), s.Close()); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = raw
		}
		if !bytes.Equal(raw, first) {
			t.Fatal("the archives differ")
		}
	}
}

func TestRepoTagsAreNormalized(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, ref, reference, want string }{
		{"the pulled tag", "", "ghcr.io/acme/web:1", "ghcr.io/acme/web:1"},
		{"a digest", "", "ghcr.io/acme/web@sha256:" + strings.Repeat("a", 64), ""},
		{"a name in the target", "acme/web:2", "ghcr.io/acme/web:1", "docker.io/acme/web:2"},
		{"a name without a tag in the target", "web", "ghcr.io/acme/web:1", "docker.io/library/web:latest"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			img := imageOf(t, c.reference, single)
			got := namesOf(Target{Kind: DockerArchive, Ref: c.ref}, img.Reference).repoTags()
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestArchiveRefusesUnsupportedImages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "image.tar")
	huge := imageOf(t, "ghcr.io/acme/web:1", single)
	huge.Root.Blobs[1].Descriptor.Size = maxTarSize + 1
	artifact := imageOf(t, "ghcr.io/acme/web:1", single)
	artifact.Root.Blobs[0].Descriptor.MediaType = types.MediaType("application/vnd.cncf.helm.config.v1+json")
	cases := []struct {
		name, target string
		img          Image
	}{
		{"an index for docker load", "docker-archive:" + path, imageOf(t, "ghcr.io/acme/web:1", multi)},
		{"an artifact for docker load", "docker-archive:" + path, artifact},
		{"an impossible size", "oci-archive:" + path, huge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(t.Context(), mustParse(t, c.target), c.img)
			wantCode(t, err, CodeNotSupported)
			if left := files(t, filepath.Dir(path)); len(left) > 0 {
				t.Errorf("the files %q remain", sortedNames(left))
			}
		})
	}
}

func TestArchiveIsReplacedOnlyByACompleteArchive(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	dir := t.TempDir()
	path := filepath.Join(dir, "image.tar")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, b := range img.Root.Blobs {
		size += int(b.Descriptor.Size)
	}
	for _, space := range []int{0, 600, 4000, 5000} {
		d := &disk{space: space}
		_, err := tryWrite(t, mustParse(t, "oci-archive:"+path), img, d.wrapWriter)
		if d.space > 0 || err == nil {
			continue
		}
		wantCode(t, err, CodeFull)
		if got := files(t, dir); len(got) != 1 || got["image.tar"] != "before" {
			t.Errorf("space %d: got %q", space, sortedNames(got))
		}
	}
	write(t, "oci-archive:"+path, img)
	wantSame(t, readBack(t, path).Root, img.Root)
	noLeftovers(t, dir)
}

func TestArchiveIsNotWrittenThroughASymbolicLink(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "theirs")
	if err := os.WriteFile(elsewhere, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	needs.Link(t, elsewhere, filepath.Join(dir, "image.tar"))
	_, err := Open(t.Context(), mustParse(t, "oci-archive:"+filepath.Join(dir, "image.tar")), imageOf(t, "ghcr.io/acme/web:1", single))
	wantCode(t, err, CodeUnsafe)
	if raw, err := os.ReadFile(elsewhere); err != nil || string(raw) != "theirs" {
		t.Errorf("got %q, %v", raw, err)
	}
}

// The header of a file larger than 8 GiB needs more than one block.
func TestLayersOver8GiBHaveTheRightOffset(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	const size = 9 << 30
	large, last := img.Root.Blobs[1], img.Root.Blobs[2]
	large.Descriptor.Size = size
	p, err := newPlan(nil, []*image.Blob{large, last})
	if err != nil {
		t.Fatal(err)
	}
	sparse := make(map[int64][]byte)
	for _, piece := range p.pieces {
		sparse[piece.at] = piece.bytes
	}
	in := tar.NewReader(io.NewSectionReader(pieces(p.pieces), 0, p.size))
	h, err := in.Next()
	if err != nil || h.Size != size || p.offsets[large.Descriptor.Digest] != int64(len(p.pieces[0].bytes)) {
		t.Errorf("got %+v, %v, at %d", h, err, p.offsets[large.Descriptor.Digest])
	}
	if got, want := p.offsets[last.Descriptor.Digest], p.pieces[1].at+tarBlock; got != want || p.pieces[1].at != int64(len(p.pieces[0].bytes))+size {
		t.Errorf("the next layer is at %d, want %d", got, want)
	}
}

// pieces are the parts of a file that contain bytes other than zero.
type pieces []piece

func (p pieces) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	for _, each := range p {
		if from := each.at - at; from >= 0 && from < int64(len(b)) {
			copy(b[from:], each.bytes)
		} else if from < 0 && -from < int64(len(each.bytes)) {
			copy(b, each.bytes[-from:])
		}
	}
	return len(b), nil
}

// An archive that is written to a pipe has the same bytes as the file.
func TestStreamHasTheBytesOfTheFile(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"oci-archive:", "docker-archive:"} {
		img := imageOf(t, "ghcr.io/acme/web:1", single)
		path := filepath.Join(t.TempDir(), "image.tar")
		write(t, prefix+path, img)
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		img.Stream = &got
		write(t, prefix+Stream, img)
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: the %d bytes of the stream differ from the %d bytes of the file", prefix, got.Len(), len(want))
		}
	}
}

func TestStreamRefusesBlobsInAnotherOrder(t *testing.T) {
	t.Parallel()
	img := imageOf(t, "ghcr.io/acme/web:1", single)
	img.Stream = io.Discard
	s, err := Open(t.Context(), mustParse(t, "oci-archive:-"), img)
	if err != nil || !s.Ordered() {
		t.Fatal(err, "the stream is not ordered")
	}
	defer s.Close()
	for i, b := range []*image.Blob{s.blobs[1], s.blobs[0]} {
		if err := s.Put(t.Context(), b.Descriptor, content(t, b)); (err != nil) != (i == 1) {
			t.Errorf("blob %d: %v", i, err)
		}
	}
}
