package files

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// These constants are the modes of the entries of a layer.
const (
	modePlain   = 0o644
	modeProgram = 0o755
	modeFolder  = 0o755
	modeLink    = 0o777
)

// headSize is the number of bytes at the start of a file from which the
// functions program and machine detect a program and its architecture.
const headSize = 20

// layerWriter writes the tar of a layer.
type layerWriter struct {
	out         *tar.Writer
	epoch       time.Time
	inspectHead func(head []byte) // The function inspectHead receives the first bytes of each file.
}

// stream returns a reader of the tar of the entries. A goroutine writes the
// tar while the caller reads it. When the caller closes the reader, the
// goroutine ends.
func stream(ctx context.Context, list []*entry, epoch time.Time, inspectHead func(head []byte)) io.ReadCloser {
	in, out := io.Pipe()
	go func() {
		t := &layerWriter{out: tar.NewWriter(out), epoch: epoch, inspectHead: inspectHead}
		out.CloseWithError(t.write(ctx, list)) // For a nil error, CloseWithError sends io.EOF to the reader.
	}()
	return in
}

func (t *layerWriter) write(ctx context.Context, list []*entry) error {
	for _, e := range list {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := t.entry(e); err != nil {
			return err
		}
	}
	return t.out.Close()
}

func (t *layerWriter) entry(e *entry) error {
	h := &tar.Header{Typeflag: e.kind, Name: e.name, Linkname: e.link, ModTime: t.epoch, Format: tar.FormatPAX}
	switch e.kind {
	case tar.TypeDir:
		h.Name, h.Mode = e.name+"/", modeFolder
	case tar.TypeSymlink:
		h.Mode = modeLink
	default:
		return t.file(e, h)
	}
	return t.header(h)
}

func (t *layerWriter) header(h *tar.Header) error {
	if err := t.out.WriteHeader(h); err != nil {
		return fmt.Errorf("writing %q into the layer: %w", h.Name, err)
	}
	return nil
}

// file writes the header and the content of a file. The method file returns an error if
// the size of the file changes after the method has opened the file.
func (t *layerWriter) file(e *entry, h *tar.Header) error {
	in, size, err := open(e)
	if err != nil {
		return err
	}
	defer in.Close()
	head := make([]byte, min(size, headSize))
	if _, err := io.ReadFull(in, head); err != nil {
		return changed(filepath.Join(e.folder, e.file), err)
	}
	t.inspectHead(head)
	h.Size, h.Mode = size, modePlain
	if program(head) {
		h.Mode = modeProgram
	}
	if err := t.header(h); err != nil {
		return err
	}
	return t.content(e, io.MultiReader(bytes.NewReader(head), in), size)
}

func (t *layerWriter) content(e *entry, in io.Reader, size int64) error {
	n, err := io.Copy(t.out, io.LimitReader(in, size))
	if errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return changed(filepath.Join(e.folder, e.file), err)
	}
	return nil
}

// open opens a regular file inside the folder of the entry. Before it opens
// the file, open refuses a named pipe, because opening a named pipe would
// block.
func open(e *entry) (*os.File, int64, error) {
	here := filepath.Join(e.folder, e.file)
	info, err := os.Lstat(here)
	if err == nil && !info.Mode().IsRegular() {
		return nil, 0, changed(here, nil)
	}
	in, err := os.OpenInRoot(e.folder, filepath.FromSlash(e.file))
	if err != nil {
		return nil, 0, readError(err, here)
	}
	info, err = in.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = changed(here, nil)
	}
	if err != nil {
		return nil, 0, errors.Join(readError(err, here), in.Close())
	}
	return in, info.Size(), nil
}
