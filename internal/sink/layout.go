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

// The image-spec defines the names of these files, and the content of the file oci-layout
// ("Image Layout").
const (
	layoutFile    = "oci-layout"
	indexFile     = "index.json"
	blobsDir      = "blobs/sha256"
	layoutContent = `{"imageLayoutVersion":"1.0.0"}`
)

const hintEmpty = "Choose an empty directory, a directory that does not exist, or an OCI layout."

// layout is an OCI layout in a directory. Several pulls can write to the same
// layout at the same time. Blobs need no lock, because blobs with equal names
// have equal bytes. A lock protects the file index.json. The locked file is
// oci-layout, because no program replaces oci-layout.
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

// prepare creates a layout in an empty directory, and checks an existing layout.
func (l *layout) prepare(ctx context.Context) error {
	if err := l.checkEmptyOrLayout(); err != nil {
		return err
	}
	file, err := l.lockLayoutFile(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := l.checkLayoutFile(file); err != nil {
		return err
	}
	for _, dir := range []string{"blobs", blobsDir} {
		if err := l.checkType(dir, fs.ModeDir); err != nil {
			return err
		}
		if err := l.root.Mkdir(filepath.FromSlash(dir), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return writeError(err, l.pathOf(dir))
		}
	}
	if _, err = l.index(); err != nil { // A damaged index.json must be reported before the first download.
		return err
	}
	return l.removeAbandoned(time.Now())
}

// removeAbandoned removes the temporary files of killed runs. These files are
// in the directory of the blobs and in the directory of index.json.
func (l *layout) removeAbandoned(now time.Time) error {
	for _, dir := range []string{blobsDir, "."} {
		if err := l.folder.removeAbandoned(dir, now); err != nil {
			return err
		}
	}
	return nil
}

// checkEmptyOrLayout returns an error if the directory contains files, but is
// not a layout. Such a directory could not be used, because the files of the
// layout would mix with the other files.
func (l *layout) checkEmptyOrLayout() error {
	if err := l.checkType(layoutFile, 0); err != nil {
		return err
	}
	dir, err := l.root.Open(".")
	if err != nil {
		return writeError(err, l.dir)
	}
	defer dir.Close()
	found, err := dir.ReadDir(1)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return writeError(err, l.dir)
	}
	if _, err := l.root.Lstat(layoutFile); err == nil {
		return nil
	}
	return newError(CodeNotLayout, hintEmpty, nil, "%q contains other files (%.100q) and is not an OCI layout", l.dir, found[0].Name())
}

// lockLayoutFile opens and locks the file oci-layout. If the file does not
// exist, lockLayoutFile creates it.
func (l *layout) lockLayoutFile(ctx context.Context) (*os.File, error) {
	file, err := l.root.OpenFile(layoutFile, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, writeError(err, l.pathOf(layoutFile))
	}
	if err := lock(ctx, file, l.dir); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// checkLayoutFile writes the content of the file oci-layout if the file is new.
// If the file already has content, checkLayoutFile checks the version of the
// layout.
func (l *layout) checkLayoutFile(file *os.File) error {
	raw, err := io.ReadAll(io.LimitReader(file, maxIndexSize))
	if err != nil {
		return writeError(err, l.pathOf(layoutFile))
	}
	if len(raw) == 0 {
		_, err := file.WriteAt([]byte(layoutContent), 0)
		return writeError(err, l.pathOf(layoutFile))
	}
	var version struct {
		ImageLayoutVersion string `json:"imageLayoutVersion"`
	}
	err = json.Unmarshal(raw, &version)
	if err == nil && strings.HasPrefix(version.ImageLayoutVersion, "1.") {
		return nil
	}
	return newError(CodeNotLayout, hintEmpty, err, "%q is not an OCI layout of version 1, because its file oci-layout contains the version %.40q", l.dir, version.ImageLayoutVersion)
}

// index reads index.json. If the file does not exist, the method "index" returns a new
// index.
func (l *layout) index() (*index, error) {
	if err := l.checkType(indexFile, 0); err != nil {
		return nil, err
	}
	raw, err := l.readFile(indexFile, maxIndexSize)
	if errors.Is(err, fs.ErrNotExist) {
		return newIndex(), nil
	}
	if err != nil {
		return nil, writeError(err, l.pathOf(indexFile))
	}
	x, err := readIndex(raw)
	if err != nil {
		return nil, newError(CodeDamaged, "Choose another directory, or delete this directory if you do not need its content.", err, "%q is malformed", l.pathOf(indexFile))
	}
	return x, nil
}

func blobName(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// read opens a blob of the layout. The method "read" returns nil if the layout does not
// have the blob, or if the size of the blob is wrong.
func (l *layout) read(desc v1.Descriptor) (io.ReadCloser, error) {
	file := blobName(desc.Digest)
	if err := l.checkType(file, 0); err != nil {
		return nil, err
	}
	info, err := l.root.Stat(file)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Size() != desc.Size) {
		return nil, nil
	}
	if err != nil {
		return nil, writeError(err, l.pathOf(file))
	}
	f, err := l.root.Open(file)
	if err != nil {
		return nil, writeError(err, l.pathOf(file))
	}
	return f, nil
}

func (l *layout) put(desc v1.Descriptor, r io.Reader) error {
	return l.replace(blobName(desc.Digest), r)
}

// commit writes the manifests, and then adds the image to index.json. The method
// "commit" writes the manifests of an index before the index.
func (l *layout) commit(ctx context.Context) error {
	for _, m := range image.Manifests(l.image.Root) {
		if err := l.manifest(ctx, m); err != nil {
			return err
		}
	}
	file, err := l.lockLayoutFile(ctx)
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
		return fmt.Errorf("adding the image to %q: %w", l.pathOf(indexFile), err)
	}
	raw, err := x.bytes()
	if err != nil {
		return newError(CodeDamaged, "Choose another directory.", err, "adding the image would make %q too large", l.pathOf(indexFile))
	}
	return l.replaceWith(indexFile, raw)
}

// manifest writes a manifest if the layout does not have the manifest yet.
func (l *layout) manifest(ctx context.Context, m *image.Manifest) error {
	r, err := l.read(m.Descriptor)
	if err != nil {
		return err
	}
	if r != nil {
		ok, err := verify(ctx, r, m.Descriptor, io.Discard)
		if err := errors.Join(err, r.Close()); ok || err != nil { // The file is closed before the write, because Windows does not replace an open file.
			return err
		}
	}
	return l.replaceWith(blobName(m.Descriptor.Digest), m.Raw)
}
