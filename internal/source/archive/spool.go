package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// OpenSpool lists the files of a tar that arrives as a stream and can be read only once.
// It copies the stream to a temporary file in the folder temp, because an image is read
// more than once. If temp is empty, it uses the default folder of the operating system.
// Only the user of the process can read the file. Close removes the file. On Unix, the
// file has no name after its creation, so it also disappears if the process is killed.
//
// Messages contain the argument name. If ctx ends while the stream gives no bytes,
// OpenSpool returns without the rest of the stream.
func OpenSpool(ctx context.Context, name string, stream io.Reader, temp string) (*Archive, Spool, error) {
	if temp == "" {
		temp = os.TempDir()
	}
	file, err := os.CreateTemp(temp, "ghcr-publish-source-*.tar") // with mode 0600
	if err != nil {
		return nil, Spool{}, notSpooled(name, temp, err)
	}
	spooled := &spoolFile{File: file, removed: os.Remove(file.Name()) == nil} // Windows cannot remove an open file
	size, err := spooled.copy(ctx, stream)
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("reading %q: %w", name, context.Cause(ctx))
	case errors.Is(err, errStream):
		err = unreadable(name, err)
	case err != nil:
		err = notSpooled(name, temp, err)
	case size > maxPlain:
		err = tooLarge(name)
	case size == 0:
		err = diag.New(CodeNotArchive, diag.Source, "Check that the command that writes the image ends without an error. In a workflow, a step has no standard input: write the image to a file, and set source to the file.", nil, "%q contains no bytes", name)
	}
	if err != nil {
		return nil, Spool{}, errors.Join(err, spooled.Close())
	}
	a, err := read(ctx, name, file, size)
	if err != nil {
		return nil, Spool{}, errors.Join(err, spooled.Close())
	}
	a.file = spooled
	return a, Spool{Folder: temp, Size: size}, nil
}

// Spool is the temporary copy of a stream.
type Spool struct {
	Folder string
	Size   int64 // in bytes
}

// OpenFile lists the files of the tar in an open file. Close also closes the file.
func OpenFile(ctx context.Context, name string, file *os.File) (*Archive, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, unreadable(name, err)
	}
	a, err := read(ctx, name, file, info.Size())
	if err != nil {
		return nil, err
	}
	a.file = file
	return a, nil
}

// errStream is the cause of an error that the stream, and not the temporary file,
// returned.
var errStream = errors.New("reading the stream")

// spoolFile is the temporary file of a stream.
type spoolFile struct {
	*os.File
	removed bool
}

// Close closes and removes the file.
func (s *spoolFile) Close() error {
	err := s.File.Close()
	if !s.removed {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}

// copy copies the stream to the file. It returns if ctx ends, even if the stream blocks.
// The goroutine that still reads the stream then ends with the next bytes, because the
// file is closed.
func (s *spoolFile) copy(ctx context.Context, stream io.Reader) (int64, error) {
	type result struct {
		size int64
		err  error
	}
	done := make(chan result, 1)
	go func() {
		size, err := io.Copy(struct{ io.Writer }{s.File}, io.LimitReader(streamErrors{stream}, maxPlain+1))
		done <- result{size, err}
	}()
	select {
	case r := <-done:
		return r.size, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// streamErrors marks the errors of a stream.
type streamErrors struct{ io.Reader }

func (s streamErrors) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", errStream, err)
	}
	return n, err
}

func notSpooled(name, folder string, err error) error {
	return diag.New(CodeUnreadable, diag.Source,
		"Free space in this folder, set RUNNER_TEMP (in a workflow) or TMPDIR to a folder with more space, or write the image to a file and set source to the file.", err,
		"the image from %q cannot be stored in the folder %q", name, folder)
}
