package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The files of a layout (image-spec, "Image Layout").
const (
	markFile  = "oci-layout"
	indexFile = "index.json"
	blobsDir  = "blobs/sha256"
	mark      = `{"imageLayoutVersion":"1.0.0"}`
)

const hintEmpty = "Choose an empty directory, one that does not exist yet, or an OCI layout."

// layout is an OCI layout in a directory. Other pulls may be writing to it at
// the same time: blobs need no agreement, as equal names are equal bytes, and
// index.json is changed under a lock on the file oci-layout, which is never
// replaced.
type layout struct {
	folder
	image Image
	names names
}

func openLayout(ctx context.Context, t Target, img Image) (store, error) {
	f, err := openFolder(t.Path)
	if err != nil {
		return nil, err
	}
	l := &layout{folder: f, image: img, names: namesOf(t, img.Reference)}
	if err := l.prepare(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// prepare makes a layout of an empty directory, and checks any other.
func (l *layout) prepare(ctx context.Context) error {
	if err := l.checkFresh(); err != nil {
		return err
	}
	file, err := l.lockMark(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := l.checkMark(file); err != nil {
		return err
	}
	for _, dir := range []string{"blobs", blobsDir} {
		if err := l.plain(dir, fs.ModeDir); err != nil {
			return err
		}
		if err := l.root.Mkdir(filepath.FromSlash(dir), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return unwritten(err, l.in(dir))
		}
	}
	if _, err = l.index(); err != nil { // before anything is fetched for it
		return err
	}
	return l.sweep(time.Now())
}

// abandoned is how long nothing was written to a file that a run left behind
// when it was killed. One that is still being written changes all the time.
const abandoned = 24 * time.Hour

// sweep takes away what killed runs left behind.
func (l *layout) sweep(now time.Time) error {
	dir, err := l.root.Open(blobsDir)
	if err != nil {
		return unwritten(err, l.in(blobsDir))
	}
	defer dir.Close()
	all, err := dir.ReadDir(-1)
	if err != nil {
		return unwritten(err, l.in(blobsDir))
	}
	for _, each := range all {
		if !strings.HasPrefix(each.Name(), partPrefix) || !strings.HasSuffix(each.Name(), partSuffix) {
			continue
		}
		info, err := each.Info()
		if err == nil && now.Sub(info.ModTime()) > abandoned {
			err = l.root.Remove(blobsDir + "/" + each.Name())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another run may be sweeping, too
			return unwritten(err, l.in(blobsDir))
		}
	}
	return nil
}

// checkFresh refuses a directory with other things in it: a layout would be
// strewn among them.
func (l *layout) checkFresh() error {
	if err := l.plain(markFile, 0); err != nil {
		return err
	}
	dir, err := l.root.Open(".")
	if err != nil {
		return unwritten(err, l.at)
	}
	defer dir.Close()
	found, err := dir.ReadDir(1)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return unwritten(err, l.at)
	}
	if _, err := l.root.Lstat(markFile); err == nil {
		return nil
	}
	return problem(CodeNotLayout, hintEmpty, nil, "%q holds other files (%.100q), and is no OCI layout", l.at, found[0].Name())
}

// lockMark opens the file oci-layout, makes it if need be, and locks it.
func (l *layout) lockMark(ctx context.Context) (*os.File, error) {
	file, err := l.root.OpenFile(markFile, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, unwritten(err, l.in(markFile))
	}
	if err := lock(ctx, file, l.at); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// checkMark fills in a new file oci-layout, and reads the version of another.
func (l *layout) checkMark(file *os.File) error {
	raw, err := io.ReadAll(io.LimitReader(file, limitIndex))
	if err != nil {
		return unwritten(err, l.in(markFile))
	}
	if len(raw) == 0 {
		_, err := file.WriteAt([]byte(mark), 0)
		return unwritten(err, l.in(markFile))
	}
	var version struct {
		ImageLayoutVersion string `json:"imageLayoutVersion"`
	}
	err = json.Unmarshal(raw, &version)
	if err == nil && strings.HasPrefix(version.ImageLayoutVersion, "1.") {
		return nil
	}
	return problem(CodeNotLayout, hintEmpty, err, "%q is no OCI layout of version 1: its file oci-layout says %.40q", l.at, version.ImageLayoutVersion)
}

// index reads index.json, or makes a new one.
func (l *layout) index() (*index, error) {
	if err := l.plain(indexFile, 0); err != nil {
		return nil, err
	}
	raw, err := l.readFile(indexFile, limitIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return newIndex(), nil
	}
	if err != nil {
		return nil, unwritten(err, l.in(indexFile))
	}
	x, err := readIndex(raw)
	if err != nil {
		return nil, problem(CodeDamaged, "Choose another directory, or delete this one if nothing in it is needed.", err, "%q is not well formed", l.in(indexFile))
	}
	return x, nil
}

func blobName(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// read opens a blob of the right size.
func (l *layout) read(desc v1.Descriptor) (io.ReadCloser, error) {
	file := blobName(desc.Digest)
	if err := l.plain(file, 0); err != nil {
		return nil, err
	}
	info, err := l.root.Stat(file)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Size() != desc.Size) {
		return nil, nil
	}
	if err != nil {
		return nil, unwritten(err, l.in(file))
	}
	f, err := l.root.Open(file)
	if err != nil {
		return nil, unwritten(err, l.in(file))
	}
	return f, nil
}

func (l *layout) put(desc v1.Descriptor, r io.Reader) error {
	return l.replace(blobName(desc.Digest), r)
}

// commit writes the manifests, children first, and the entry in index.json.
func (l *layout) commit(ctx context.Context) error {
	for _, m := range image.Manifests(l.image.Root) {
		if err := l.manifest(ctx, m); err != nil {
			return err
		}
	}
	file, err := l.lockMark(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	x, err := l.index()
	if err != nil {
		return err
	}
	root := l.image.Root
	if err := x.add(v1.Descriptor{
		MediaType: root.Descriptor.MediaType, Size: root.Descriptor.Size, Digest: root.Descriptor.Digest, Platform: root.Descriptor.Platform,
	}, l.names); err != nil {
		return fmt.Errorf("adding to %q: %w", l.in(indexFile), err)
	}
	raw, err := x.bytes()
	if err != nil {
		return problem(CodeDamaged, "Choose another directory.", err, "%q cannot take another image", l.in(indexFile))
	}
	return l.replaceWith(indexFile, raw)
}

// manifest writes one manifest unless it is there.
func (l *layout) manifest(ctx context.Context, m *image.Manifest) error {
	r, err := l.read(m.Descriptor)
	if err != nil {
		return err
	}
	if r != nil {
		defer r.Close()
		if right, err := proven(ctx, r, m.Descriptor, io.Discard); right || err != nil {
			return err
		}
	}
	return l.replaceWith(blobName(m.Descriptor.Digest), m.Raw)
}
