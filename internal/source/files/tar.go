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

// Modes of what is in a layer. Who may write what is left to the image's user.
const (
	modePlain   = 0o644
	modeProgram = 0o755
	modeFolder  = 0o755
	modeLink    = 0o777
)

// headSize is how much of a file tells whether it is a program.
const headSize = 20

// tape is the tar of a layer, being written.
type tape struct {
	out   *tar.Writer
	epoch time.Time
	seen  func(head []byte) // hears how each file begins
}

// stream is the tar of the entries. It is written while it is read; closing
// the reader ends the writing.
func stream(ctx context.Context, list []*entry, epoch time.Time, seen func(head []byte)) io.ReadCloser {
	in, out := io.Pipe()
	go func() {
		t := &tape{out: tar.NewWriter(out), epoch: epoch, seen: seen}
		out.CloseWithError(t.write(ctx, list)) // nil closes with io.EOF
	}()
	return in
}

func (t *tape) write(ctx context.Context, list []*entry) error {
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

func (t *tape) entry(e *entry) error {
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

func (t *tape) header(h *tar.Header) error {
	if err := t.out.WriteHeader(h); err != nil {
		return fmt.Errorf("writing %q into the layer: %w", h.Name, err)
	}
	return nil
}

// file writes a header and the content, at the length the file has when it is
// opened.
func (t *tape) file(e *entry, h *tar.Header) error {
	in, size, err := open(e)
	if err != nil {
		return err
	}
	defer in.Close()
	head := make([]byte, min(size, headSize))
	if _, err := io.ReadFull(in, head); err != nil {
		return changed(filepath.Join(e.folder, e.file), err)
	}
	t.seen(head)
	h.Size, h.Mode = size, modePlain
	if program(head) {
		h.Mode = modeProgram
	}
	if err := t.header(h); err != nil {
		return err
	}
	return t.content(e, io.MultiReader(bytes.NewReader(head), in), size)
}

func (t *tape) content(e *entry, in io.Reader, size int64) error {
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

// open opens a regular file without leaving its folder. What became a pipe in
// the meantime is refused before it could block.
func open(e *entry) (*os.File, int64, error) {
	here := filepath.Join(e.folder, e.file)
	info, err := os.Lstat(here)
	if err == nil && !info.Mode().IsRegular() {
		return nil, 0, changed(here, nil)
	}
	in, err := os.OpenInRoot(e.folder, filepath.FromSlash(e.file))
	if err != nil {
		return nil, 0, explained(err, here)
	}
	info, err = in.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = changed(here, nil)
	}
	if err != nil {
		return nil, 0, errors.Join(explained(err, here), in.Close())
	}
	return in, info.Size(), nil
}
