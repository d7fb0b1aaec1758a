// Package archive reads the files of a tar in place, by name, without
// unpacking it. The tar is read once to note where each file lies; after that
// every file is a section of the one open file, and any number of readers may
// be at work at once.
//
// A tar that is itself compressed (gzip or zstd) has no places to jump to. It
// is decompressed once to be noted, small files are kept, and a large one is
// reached by decompressing again from the nearest reader that was left
// before it: files read in the order of the archive cost one more pass in
// all, files read at random up to one pass each. Nothing is put on disk. A tar
// that comes as a stream ([OpenExport]) is read in much the same way.
//
// An archive is untrusted: names that leave it, devices, sparse files and
// endless lists are refused, links are followed inside it only.
package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
)

// Limits on what an archive may hold.
const (
	// MaxFiles is how many files are noted: ten times the largest image met.
	MaxFiles = 100_000
	// MaxName is the longest name in bytes, Linux' own limit on paths.
	MaxName = 4096
	// maxLinks is how many links are followed in a row.
	maxLinks = 10
)

// Archive is an open tar and the list of its files.
type Archive struct {
	path    string
	file    io.Closer
	bodies  bodies
	entries map[string]*entry
	ended   bool
	room    int  // how many more names are noted
	once    bool // each name only once: two files cannot be compared
	mu      sync.Mutex
}

// span is where the content of a file lies in the (decompressed) tar.
type span struct {
	name         string
	offset, size int64
}

// entry is one name in the archive.
type entry struct {
	span
	link   string // the name a link leads to; empty for a file
	others []span // places of further files by this name
	small  []byte // the content, if it was kept
	head   []byte // the first bytes, if they were kept
}

// headSize is how many bytes Head returns, enough for any magic number.
const headSize = 8

// bodies opens stretches of a tar.
type bodies interface {
	open(ctx context.Context, s span) (io.ReadCloser, error)
}

// Open notes the files of the tar at path, which may be compressed with gzip
// or zstd. Errors are *diag.Error with the codes source-not-a-layout (no tar
// at all), source-truncated, source-unsafe-path, source-too-many-files and
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

// read notes the files of size bytes behind r; name is for messages.
func read(ctx context.Context, name string, r io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{path: name, entries: map[string]*entry{}, room: MaxFiles}
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
	return a, a.scanCompressed(ctx, c)
}

// Close closes the file; readers that are still open fail from then on.
func (a *Archive) Close() error { return a.file.Close() }

// Complete reports whether the tar has its end-of-archive mark. Without it
// the tar may have been cut off exactly between two files.
func (a *Archive) Complete() bool { return a.ended }

// Stat returns the size of the file name in bytes, links followed. A name
// that is not there is fs.ErrNotExist; a name that stands for several files
// of different content is refused.
func (a *Archive) Stat(ctx context.Context, name string) (int64, error) {
	e, err := a.find(ctx, name)
	if err != nil {
		return 0, err
	}
	return e.size, nil
}

// Open starts reading the file name, links followed.
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

// Head returns the first eight bytes of the file name, or all if it has fewer.
// It costs no pass over a compressed tar.
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

// Resolve returns the name of the file that name leads to through links.
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
	return "", unsafe(a.path, start, fmt.Sprintf("leads through more than %d links", maxLinks))
}

// find follows links and makes sure that the name means one content.
func (a *Archive) find(ctx context.Context, name string) (*entry, error) {
	target, err := a.Resolve(path.Clean(name))
	if err != nil {
		return nil, err
	}
	e := a.entries[target]
	return e, a.settle(ctx, target, e)
}

// settle compares the files of one name, once.
func (a *Archive) settle(ctx context.Context, name string, e *entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(e.others) > 0 {
		same, err := a.same(ctx, e.span, e.others[0])
		if err != nil {
			return err
		}
		if !same {
			return &diag.Error{
				Code: "source-unreadable", Side: diag.Source,
				Title: fmt.Sprintf("the archive %q holds %q twice with different content", a.path, name),
				Hint:  "Write the archive anew in one go: appending to a tar (tar -r, tar -A) leaves both files in it.",
			}
		}
		e.others = e.others[1:]
	}
	return nil
}

// same compares two stretches of the tar byte by byte.
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

// equal reads two streams of the same length in step.
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
		if err == io.EOF || err == io.ErrUnexpectedEOF { // as ReadFull says it: the end
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
