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
	blockSize = 512 // the block size of a tar, in bytes
	// keepEach and keepAll limit the number of bytes of a compressed tar that
	// stay in memory. keepEach is the limit for one file, and keepAll is the
	// limit for all files together. Most manifests and configs are smaller
	// than these limits, so the program can read them without another
	// decompression of the tar.
	keepEach = 256 << 10
	keepAll  = 8 << 20
	// maxPlain limits the decompressed size of a tar, in bytes.
	maxPlain = 256 << 30
	// maxOutside limits the bytes of a compressed tar that are not the content of a file, in
	// bytes: the headers, and the zeros after the last file. A compressed file of 2 MB can
	// contain 64 GiB of such bytes. The headers of the largest permitted number of files
	// have less than 200 MB.
	maxOutside = 1 << 30
)

// scan reads a tar once, from its first header to its last header.
type scan struct {
	*Archive
	tar    *tar.Reader
	tail   *tail
	offset func() int64 // The function returns the number of bytes that the scan has read.
	have   int64        // the size of the tar in bytes, or -1 if the size is not known before the end of the scan
	limit  *bounded     // the limits of a compressed tar, or nil
	keep   int64        // the number of bytes that the scan can still keep in memory
	end    int64        // the offset of the end of the latest file, in bytes
	last   string       // the name of the latest file
}

// scanPlain lists the files of an uncompressed tar. scanPlain reads only the headers and
// skips the content of the files.
func (a *Archive) scanPlain(ctx context.Context, r io.ReaderAt, size int64) error {
	section := io.NewSectionReader(r, 0, size)
	end := &tail{in: section}
	s := &scan{Archive: a, tar: tar.NewReader(seekingTail{end, section}), tail: end, have: size}
	s.offset = func() int64 {
		at, _ := section.Seek(0, io.SeekCurrent) // The method Seek never fails for the offset 0.
		return at
	}
	return s.all(ctx)
}

// scanCompressed lists the files of a compressed tar. scanCompressed reads
// the compressed data to its end, so that the decompressor verifies the
// checksum of the data.
func (a *Archive) scanCompressed(ctx context.Context, c *cursors) error {
	in, err := c.start()
	if err != nil {
		return c.broken(err)
	}
	defer in.Close()
	in.ctx = ctx
	limited := &bounded{cursor: in, path: a.path, most: maxOutside}
	end := &tail{in: limited}
	s := &scan{Archive: a, tar: tar.NewReader(end), tail: end, limit: limited, have: -1, keep: keepAll}
	s.offset = func() int64 { return in.pos }
	if err := s.all(ctx); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, limited)
	return err
}

// all lists every file of the archive.
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

// finish returns nil for a complete tar, and an error for a truncated tar.
// finish accepts a tar whose padding or end mark is missing, because other
// tar programs also accept such a tar.
func (s *scan) finish(err error) error {
	var explained *diag.Error
	at := s.offset()
	switch {
	case errors.As(err, &explained):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("reading %q: %w", s.path, err)
	case errors.Is(err, io.EOF):
		s.ended = at > padded(s.end) && s.tail.empty()
		if at == 0 {
			return notArchive(s.path, errors.New("the file is empty"))
		}
		return nil
	case s.last == "" && s.have >= 0 && errors.Is(err, io.ErrUnexpectedEOF):
		return notArchive(s.path, fmt.Errorf("the file has %d bytes, less than the first header of a tar", s.have))
	case s.last == "":
		return notArchive(s.path, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return s.truncated(at)
	}
	return unreadable(s.path, fmt.Errorf("after %q: %w", s.last, err))
}

func padded(n int64) int64 { return (n + blockSize - 1) / blockSize * blockSize }

// note adds the file or link of one header to the list of files.
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
		if s.limit != nil {
			s.limit.permit(h.Size)
		}
		if err := s.read(e); err != nil {
			return s.finish(err)
		}
	case tar.TypeLink, tar.TypeSymlink:
		if e.link, err = s.target(h, name); err != nil {
			return err
		}
	default: // The list does not contain directories and other headers without content, but they also need time.
		return s.count()
	}
	return s.add(name, e)
}

// read keeps the content of a small file of a compressed tar in memory. For a
// large file, read keeps only the first bytes in memory.
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

// add adds the entry to the list. If a name occurs twice in the tar, add
// returns no error, because [Archive.Stat] compares the two files when a
// caller needs the name.
func (s *scan) add(name string, e *entry) error {
	first, twice := s.entries[name]
	switch {
	case !twice:
		s.entries[name] = e
		return s.count()
	case e.link != first.link:
		return unsafe(s.path, "the name %q occurs twice, and at least one of the two entries is a link", name)
	case len(first.others) >= maxLinks:
		return tooManyFiles(s.path)
	case s.uniqueNames:
		return unsafe(s.path, "the name %q occurs twice", name)
	case e.link == "":
		first.others = append(first.others, e.span)
	}
	return nil
}

// count counts one header. If the archive has too many headers, count returns an error.
func (s *scan) count() error {
	if s.remaining == 0 {
		return tooManyFiles(s.path)
	}
	s.remaining--
	return nil
}

// check returns an error for a header that an image archive does not need and
// that an attacker could misuse, for example a device.
func (s *scan) check(h *tar.Header) (string, error) {
	switch h.Typeflag {
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return "", unsafe(s.path, "%q is a device file", h.Name)
	}
	if sparse(h) {
		return "", unsafe(s.path, "%q is a sparse file", h.Name)
	}
	if len(h.Name) > MaxName || len(h.Linkname) > MaxName {
		return "", unsafe(s.path, "the name that starts with %q is too long", h.Name[:min(len(h.Name), 80)])
	}
	if escapes(h.Name) {
		return "", unsafe(s.path, "the name %q is a path outside the archive", h.Name)
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

// escapes reports whether a name is absolute or contains "..".
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

// target returns the target of a link. The target of a hard link is relative
// to the top of the archive. The target of a symbolic link is relative to the
// directory of the link. For a layer that several images share, docker save
// before version 25 writes a link such as "../other/layer.tar".
func (s *scan) target(h *tar.Header, name string) (string, error) {
	to := path.Clean(h.Linkname)
	if h.Typeflag == tar.TypeSymlink && !path.IsAbs(to) {
		to = path.Join(path.Dir(name), to)
	}
	if escapes(to) || h.Linkname == "" {
		return "", unsafe(s.path, "the link %q leads to %q, which is a path outside the archive", name, h.Linkname)
	}
	return to, nil
}
