// Package archive reads the files of a tar by name, without unpacking the tar. Package
// archive reads the tar once and records the offset of each file. After this scan, each
// file is a section of the open tar, and any number of readers can read the files
// concurrently.
//
// In a tar that is compressed with gzip or zstd, a reader cannot start at the offset of a
// file. Package archive decompresses a compressed tar once to list the files, and keeps
// the content of small files in memory. To read a large file, package archive continues
// the decompressor whose position is nearest before the file. If the callers read the
// files in the order of the tar, all files together need one more decompression of the
// tar. In another order, each file can need one more decompression. Package archive does
// not write decompressed files to the disk. [OpenExport] reads a tar from a stream in a
// similar way.
//
// Package archive treats every archive as untrusted. Package archive refuses file names
// that lead out of the archive. Package archive also refuses devices, sparse files and
// archives with too many files. Package archive follows a link only if the target is in
// the archive.
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

// These constants limit the content of an archive.
const (
	// MaxFiles limits the number of files in an archive. The limit is ten
	// times the number of files in the largest known image.
	MaxFiles = 100_000
	// MaxName limits the length of a file name, in bytes. Linux limits the
	// length of a path to the same number.
	MaxName = 4096
	// maxLinks is the maximum number of links in a chain of links that leads to a file.
	maxLinks = 10
)

// Archive is an open tar with the list of its files.
type Archive struct {
	path        string
	file        io.Closer
	bodies      bodies
	entries     map[string]*entry
	ended       bool
	remaining   int  // the number of names that the scan can still add
	uniqueNames bool // If uniqueNames is true, the scan refuses a name that occurs twice, because the program cannot compare two files of a stream.
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
	link   string // the target of a link, or "" for a file
	others []span // the positions of other files with this name
	small  []byte // the content, or nil if the content is not in memory
	head   []byte // the first bytes, or nil if these bytes are not in memory
}

// headSize is the number of bytes that Head returns. Every magic number that
// the callers compare has at most 8 bytes.
const headSize = 8

// bodies opens the content of a file of the tar as a reader.
type bodies interface {
	open(ctx context.Context, s span) (io.ReadCloser, error)
}

// Open opens the tar at the given path and lists its files. The tar may be
// compressed with gzip or zstd. An error of Open is a *diag.Error with one of
// these codes: source-not-a-layout (the file is not a tar), source-truncated,
// source-unsafe-path, source-too-many-files or source-unreadable.
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

// read lists the files of a tar. The argument "size" is the size of the tar in
// bytes. The argument "name" is the name of the tar in messages.
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

// Close closes the tar. After Close, readers that are still open return
// errors.
func (a *Archive) Close() error { return a.file.Close() }

// Complete reports whether the tar has its end-of-archive mark. If the mark
// is missing, another program may have truncated the tar between two files.
func (a *Archive) Complete() bool { return a.ended }

// Names returns a sorted list of the names of all files and links in the
// archive.
func (a *Archive) Names() []string { return slices.Sorted(maps.Keys(a.entries)) }

// Stat follows links and returns the size of the file with the given name, in bytes. If
// the file does not exist, Stat returns an error that wraps fs.ErrNotExist. If several
// files have this name but different contents, Stat returns an error with the code
// source-unreadable.
func (a *Archive) Stat(ctx context.Context, name string) (int64, error) {
	e, err := a.find(ctx, name)
	if err != nil {
		return 0, err
	}
	return e.size, nil
}

// Open follows links and opens the file with the given name. The caller must
// close the reader.
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
// file has fewer bytes, Head returns the whole content. For a compressed tar,
// Head returns bytes from memory and does not decompress the tar again.
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

// Resolve follows links and returns the name of the target file. If the
// target does not exist, Resolve returns an error that wraps fs.ErrNotExist.
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
	return "", unsafe(a.path, "the chain of links that starts at %q has more than %d links", start, maxLinks)
}

// find follows links and returns the entry of the target file. If several files have the
// name of the target file but different contents, find returns an error.
func (a *Archive) find(ctx context.Context, name string) (*entry, error) {
	target, err := a.Resolve(path.Clean(name))
	if err != nil {
		return nil, err
	}
	e := a.entries[target]
	return e, a.checkDuplicates(ctx, target, e)
}

// checkDuplicates compares the contents of the files that have the same name.
// checkDuplicates compares each of these files only once, even if a caller
// opens the name several times.
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
				"Write the archive again with one command. If a command adds a file to an existing tar (tar -r, tar -A), the tar also keeps the old file.", nil,
				"the archive %q contains the file %q twice with different content", a.path, name)
		}
		e.others = e.others[1:]
	}
	return nil
}

// same reports whether two sections of the tar have the same bytes.
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

// equal reports whether two streams of the same length have the same bytes.
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
		if err == io.EOF || err == io.ErrUnexpectedEOF { // At the end of a stream, io.ReadFull returns io.EOF or io.ErrUnexpectedEOF.
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
