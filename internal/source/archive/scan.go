package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

const (
	blockSize = 512 // of a tar
	// keepEach and keepAll bound the content kept of a compressed tar, in
	// bytes: manifests and configs, so that reading them costs no pass.
	keepEach = 256 << 10
	keepAll  = 8 << 20
	// maxPlain bounds what a compressed tar may decompress to, in bytes.
	maxPlain = 256 << 30
)

// scan is one pass over a tar.
type scan struct {
	*Archive
	tar    *tar.Reader
	offset func() int64 // how far the tar has been read
	have   int64        // bytes in the tar; -1 if only the pass will tell
	keep   int64        // how many bytes may still be kept
	end    int64        // where the latest content ends
	last   string       // the latest name
}

// scanPlain notes the files of a tar that can be jumped about in: only the
// headers are read.
func (a *Archive) scanPlain(ctx context.Context, r io.ReaderAt, size int64) error {
	section := io.NewSectionReader(r, 0, size)
	s := &scan{Archive: a, tar: tar.NewReader(section), have: size}
	s.offset = func() int64 {
		at, _ := section.Seek(0, io.SeekCurrent) // cannot fail: it moves nothing
		return at
	}
	return s.all(ctx)
}

// scanCompressed notes the files of a compressed tar, reading it to its very
// end so that the checksum of the compression is checked too.
func (a *Archive) scanCompressed(ctx context.Context, c *cursors) error {
	in, err := c.start()
	if err != nil {
		return c.broken(err)
	}
	defer in.Close()
	in.ctx = ctx
	limited := &bounded{cursor: in, path: a.path}
	s := &scan{Archive: a, tar: tar.NewReader(limited), have: -1, keep: keepAll}
	s.offset = func() int64 { return in.pos }
	if err := s.all(ctx); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, limited)
	return err
}

// bounded stops a decompression bomb.
type bounded struct {
	*cursor
	path string
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.pos > maxPlain {
		return 0, endless(b.path)
	}
	return b.cursor.Read(p)
}

// all notes every file up to the end of the archive.
func (s *scan) all(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("reading %q: %w", s.path, err)
		}
		h, err := s.tar.Next()
		if err != nil {
			return s.finish(err)
		}
		if err := s.note(h); err != nil {
			return err
		}
	}
}

// finish tells a whole tar from one that was cut off. What a tar lacks after
// its last content (padding, end mark) is no loss, as tar tools see it.
func (s *scan) finish(err error) error {
	var explained *diag.Error
	at := s.offset()
	switch {
	case errors.As(err, &explained):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("reading %q: %w", s.path, err)
	case errors.Is(err, io.EOF):
		s.ended = at > padded(s.end)
		if at == 0 {
			return noTar(s.path, errors.New("the file is empty"))
		}
		return nil
	case s.last == "":
		return noTar(s.path, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return s.truncated(at)
	}
	return unreadable(s.path, fmt.Errorf("after %q: %w", s.last, err))
}

func padded(n int64) int64 { return (n + blockSize - 1) / blockSize * blockSize }

// note takes one header of the tar into the list.
func (s *scan) note(h *tar.Header) error {
	name, err := s.check(h)
	if err != nil {
		return err
	}
	s.last, s.end = name, s.offset()
	e := &entry{span: span{name: name, offset: s.offset()}}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont:
		e.size = h.Size
		s.end += h.Size
		if s.have >= 0 && s.end > s.have {
			return s.truncated(s.have)
		}
		if err := s.read(e); err != nil {
			return s.finish(err)
		}
	case tar.TypeLink, tar.TypeSymlink:
		if e.link, err = s.target(h, name); err != nil {
			return err
		}
	default: // directories, and records of no content
		return nil
	}
	return s.add(name, e)
}

// read keeps a small file of a compressed tar, and the head of a large one.
func (s *scan) read(e *entry) error {
	if s.have >= 0 {
		return nil
	}
	kept := make([]byte, headSize)
	if e.size <= min(keepEach, s.keep) {
		s.keep -= e.size
		kept = make([]byte, e.size)
		e.small = kept
	}
	e.head = kept[:min(headSize, e.size)]
	_, err := io.ReadFull(s.tar, kept[:min(int64(len(kept)), e.size)])
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// add lists the entry. A second file by the same name is remembered and
// matters only if that name is needed: see [Archive.Stat].
func (s *scan) add(name string, e *entry) error {
	first, twice := s.entries[name]
	switch {
	case !twice && s.room == 0:
		return tooMany(s.path)
	case !twice:
		s.room--
		s.entries[name] = e
	case e.link != first.link:
		return unsafe(s.path, name, "is both a link and a file, or two links")
	case len(first.others) >= maxLinks:
		return tooMany(s.path)
	case s.once:
		return unsafe(s.path, name, "is there twice")
	case e.link == "":
		first.others = append(first.others, e.span)
	}
	return nil
}

// check refuses what no image archive needs and a hostile one has.
func (s *scan) check(h *tar.Header) (string, error) {
	switch h.Typeflag {
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return "", unsafe(s.path, h.Name, "is a device file")
	}
	if sparse(h) {
		return "", unsafe(s.path, h.Name, "is a sparse file")
	}
	if len(h.Name) > MaxName || len(h.Linkname) > MaxName {
		return "", unsafe(s.path, h.Name[:min(len(h.Name), 80)], "has a name that is too long")
	}
	if escapes(h.Name) {
		return "", unsafe(s.path, h.Name, "leads out of the archive")
	}
	return path.Clean(h.Name), nil
}

func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// escapes reports absolute names and those with a ".." in them.
func escapes(name string) bool {
	if strings.HasPrefix(name, "/") {
		return true
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// target is the name a link leads to. A hard link is written from the top of
// the archive, a symbolic one from where it stands; docker save before 25 has
// "../other/layer.tar" for layers that images share.
func (s *scan) target(h *tar.Header, name string) (string, error) {
	to := path.Clean(h.Linkname)
	if h.Typeflag == tar.TypeSymlink && !path.IsAbs(to) {
		to = path.Join(path.Dir(name), to)
	}
	if escapes(to) || h.Linkname == "" {
		return "", unsafe(s.path, name, fmt.Sprintf("is a link out of the archive, to %q", h.Linkname))
	}
	return to, nil
}
