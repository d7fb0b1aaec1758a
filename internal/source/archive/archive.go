// Package archive reads the files of a tar by name, without unpacking the tar.
// It reads the tar once and records the offset of each file. After that, each
// file is a section of the open tar, and any number of readers can read
// concurrently.
//
// A tar that is compressed with gzip or zstd has no usable offsets. Package
// archive decompresses such a tar once to list the files, and keeps the
// content of small files. To read a large file, it continues the decompressor
// whose position is nearest before that file. If the files are read in the
// order in which the tar contains them, all files together need one additional pass.
// In another order, each file can need a pass. Nothing is written to disk. Package archive reads
// a tar that arrives as a stream ([OpenExport]) in a similar way.
//
// An archive is untrusted. Package archive refuses names that leave the
// archive, devices, sparse files and endless lists. It follows links only
// inside the archive.
package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// Limits on the content of an archive.
const (
	// MaxFiles limits the number of files in an archive. The limit is ten
	// times the number of files in the largest known image.
	MaxFiles = 100_000
	// MaxName limits the length of a file name, in bytes. Linux has the same
	// limit for paths.
	MaxName = 4096
	// maxLinks limits the length of a chain of links.
	maxLinks = 10
)

// Archive is an open tar with the list of its files.
type Archive struct {
	path        string
	file        io.Closer
	bodies      bodies
	entries     map[string]*entry
	ended       bool
	remaining   int  // the number of names that may still be added
	uniqueNames bool // refuses duplicate names, because a stream cannot compare two files
	mu          sync.Mutex
}

// span is the position of a file in the decompressed tar, in bytes.
type span struct {
	name         string
	offset, size int64
}

// entry is one name in the archive.
type entry struct {
	span
	link   string // the target of a link; empty for a file
	others []span // the positions of other files with this name
	small  []byte // the content; nil if the content is not kept
	head   []byte // the first bytes; nil if these bytes are not kept
}

// headSize is the number of bytes that Head returns. Every known magic number
// fits into this size.
const headSize = 8

// A value of type bodies opens a part of a tar as a reader.
type bodies interface {
	open(ctx context.Context, s span) (io.ReadCloser, error)
}

// Open lists the files of the tar at path. The tar may be compressed with gzip
// or zstd. Errors are *diag.Error with one of these codes: source-not-a-layout
// (not a tar), source-truncated, source-unsafe-path, source-too-many-files or
// source-unreadable.
func Open(ctx context.Context, path string) (*Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(unreadable(path, err), file.Close())
	}
	a, err := read(ctx, path, file, info.Size())
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	a.file = file
	return a, nil
}

// read lists the files of a tar. The argument size is the size of the tar in
// bytes. Messages contain the argument name.
func read(ctx context.Context, name string, r io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{path: name, entries: map[string]*entry{}, remaining: MaxFiles}
	format, err := compression(name, r)
	if err != nil {
		return nil, err
	}
	if format == compress.Plain {
		a.bodies = sections{r}
		return a, a.scanPlain(ctx, r, size)
	}
	c := &cursors{name: name, file: r, size: size, inflate: func(r io.Reader) (io.ReadCloser, error) { return compress.Open(format, r) }}
	a.bodies = c
	err = a.scanCompressed(ctx, c)
	if diag.Is(err, CodeNotArchive) && errors.Is(err, io.ErrUnexpectedEOF) {
		err = Truncated(name, "the compressed data ends early")
	}
	return a, err
}

// Close closes the tar. Readers that are still open return errors afterwards.
func (a *Archive) Close() error { return a.file.Close() }

// Complete reports whether the tar has its end-of-archive mark. A tar without
// the mark may have been truncated exactly between two files.
func (a *Archive) Complete() bool { return a.ended }

// Names lists the names of all files and links in the archive, sorted.
func (a *Archive) Names() []string { return slices.Sorted(maps.Keys(a.entries)) }

// Stat follows links and returns the size of the file with the given name, in
// bytes. If the file does not exist, the error is fs.ErrNotExist. Stat refuses
// a name that belongs to several files with different content.
func (a *Archive) Stat(ctx context.Context, name string) (int64, error) {
	e, err := a.find(ctx, name)
	if err != nil {
		return 0, err
	}
	return e.size, nil
}

// Open follows links and opens the file with the given name. The caller closes
// the reader.
func (a *Archive) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	e, err := a.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if e.small != nil {
		return io.NopCloser(bytes.NewReader(e.small)), nil
	}
	return a.bodies.open(ctx, e.span)
}

// Head returns the first eight bytes of the file with the given name. If the
// content is shorter, it returns the whole content. Head needs no pass over a
// compressed tar.
func (a *Archive) Head(ctx context.Context, name string) ([]byte, error) {
	e, err := a.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if e.head != nil {
		return e.head, nil
	}
	r, err := a.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, headSize))
	if err != nil {
		return nil, unreadable(a.path, err)
	}
	return head, nil
}

// Resolve follows links and returns the name of the target file. If the target
// does not exist, the error is fs.ErrNotExist.
func (a *Archive) Resolve(name string) (string, error) {
	start := name
	for range maxLinks {
		e, ok := a.entries[name]
		if !ok {
			return "", fmt.Errorf("finding %q in %q: %w", start, a.path, fs.ErrNotExist)
		}
		if e.link == "" {
			return name, nil
		}
		name = e.link
	}
	return "", unsafe(a.path, start, fmt.Sprintf("resolves through more than %d links", maxLinks))
}

// find follows links and returns the entry. It returns an error if files with
// the same name differ.
func (a *Archive) find(ctx context.Context, name string) (*entry, error) {
	target, err := a.Resolve(path.Clean(name))
	if err != nil {
		return nil, err
	}
	e := a.entries[target]
	return e, a.checkDuplicates(ctx, target, e)
}

// checkDuplicates compares the files that have the same name. It compares each
// of these files only once.
func (a *Archive) checkDuplicates(ctx context.Context, name string, e *entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(e.others) > 0 {
		same, err := a.same(ctx, e.span, e.others[0])
		if err != nil {
			return err
		}
		if !same {
			return diag.New(CodeUnreadable, diag.Source,
				"Write the archive again with one command. Appending to a tar (tar -r, tar -A) keeps both files.", nil,
				"the archive %q contains %q twice with different content", a.path, name)
		}
		e.others = e.others[1:]
	}
	return nil
}

// same compares two sections of the tar byte by byte.
func (a *Archive) same(ctx context.Context, x, y span) (bool, error) {
	if x.size != y.size {
		return false, nil
	}
	left, err := a.bodies.open(ctx, x)
	if err != nil {
		return false, err
	}
	defer left.Close()
	right, err := a.bodies.open(ctx, y)
	if err != nil {
		return false, err
	}
	defer right.Close()
	return equal(left, right)
}

// equal compares two streams of the same length.
func equal(left, right io.Reader) (bool, error) {
	var a, b [32 << 10]byte
	for {
		n, err := io.ReadFull(left, a[:])
		if _, other := io.ReadFull(right, b[:n]); other != nil && n > 0 {
			return false, other
		}
		if !bytes.Equal(a[:n], b[:n]) {
			return false, nil
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF { // ReadFull returns these two errors at the end
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
