package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// archive is a tar archive in a file. The sizes of all blobs are known in
// advance, so each blob has a fixed offset in the file. Callers can therefore
// write the blobs concurrently and in any order.
type archive struct {
	folder
	name      string
	file      *os.File
	temporary string
	offsets   map[v1.Hash]int64
	done      bool
}

func openArchive(t Target, img Image, blobs []*image.Blob) (store, error) {
	abs, err := filepath.Abs(t.Path)
	if err != nil {
		return nil, writeError(err, t.Path)
	}
	f, err := openFolder(filepath.Dir(abs))
	if err != nil {
		return nil, err
	}
	a := &archive{folder: f, name: filepath.Base(abs)}
	if err := a.prepare(t, img, blobs); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// prepare creates the temporary file and writes all parts of the archive except
// the blobs.
func (a *archive) prepare(t Target, img Image, blobs []*image.Blob) error {
	if err := a.checkType(a.name, 0); err != nil {
		return err
	}
	_ = a.removeAbandoned(".", time.Now()) // An error is ignored, because it does not affect the new archive.
	docs, err := documents(t, img)
	if err != nil {
		return err
	}
	plan, err := newPlan(docs, blobs)
	if err != nil {
		return err
	}
	a.offsets = plan.offsets
	if a.file, a.temporary, err = a.create(a.name); err != nil {
		return err
	}
	if err := a.file.Truncate(plan.size); err != nil {
		return writeError(err, a.path())
	}
	for _, p := range plan.pieces {
		if _, err := a.writer(io.NewOffsetWriter(a.file, p.at)).Write(p.bytes); err != nil {
			return writeError(err, a.path())
		}
	}
	return nil
}

func (a *archive) path() string { return a.pathOf(a.name) }

// The method "read" always returns nil, because Commit replaces the whole archive.
func (a *archive) read(v1.Descriptor) (io.ReadCloser, error) { return nil, nil }

func (a *archive) put(desc v1.Descriptor, r io.Reader) error {
	n, err := copyAll(a.writer(io.NewOffsetWriter(a.file, a.offsets[desc.Digest])), io.LimitReader(r, desc.Size))
	if err != nil {
		return writeError(err, a.path())
	}
	if n != desc.Size {
		return fmt.Errorf("writing %q: the blob %s has only %d of %d bytes", a.path(), desc.Digest, n, desc.Size)
	}
	_, err = io.ReadFull(r, make([]byte, 1)) // If the digest is wrong, the reader returns another error than io.EOF.
	if !errors.Is(err, io.EOF) {
		return errors.Join(fmt.Errorf("writing %q: the blob %s is longer than its descriptor", a.path(), desc.Digest), err)
	}
	return nil
}

func (a *archive) commit(context.Context) error {
	err := a.file.Close()
	a.file = nil
	if err == nil {
		err = a.rename(a.temporary, a.name)
	}
	a.done = err == nil
	return writeError(err, a.path())
}

func (a *archive) close() error {
	var errs []error
	if a.file != nil {
		errs = append(errs, a.file.Close())
	}
	if a.temporary != "" && !a.done {
		errs = append(errs, a.root.Remove(a.temporary))
	}
	return errors.Join(append(errs, a.folder.close())...)
}
