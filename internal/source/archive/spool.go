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
// OpenSpool copies the stream to a temporary file in the folder that the argument "temp"
// names, because the program reads an image more than once. If the argument "temp" is
// empty, OpenSpool uses the folder for temporary files of the operating system. Only the
// user of the process can read the temporary file. Close removes the temporary file. On
// Unix, OpenSpool removes the name of the file at once, so the operating system deletes
// the file even if the process is killed.
//
// The argument "name" is the name of the stream in messages. If the context
// ends while OpenSpool waits for bytes of the stream, OpenSpool returns an
// error.
func OpenSpool(ctx context.Context, name string, stream io.Reader, temp string) (*Archive, Spool, error) {
	if temp == "" {
		temp = os.TempDir()
	}
	file, err := os.CreateTemp(temp, "ghcr-publish-source-*.tar") // with mode 0600
	if err != nil {
		return nil, Spool{}, notSpooled(name, temp, err)
	}
	spooled := &spoolFile{File: file, removed: os.Remove(file.Name()) == nil} // On Windows, os.Remove fails, because Windows does not remove an open file.
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
		err = diag.New(CodeNotArchive, diag.Source, "Check that the command that writes the image ends without an error. In a workflow, write the image to a file, and set the input source to the path of the file, because a step has no standard input.", nil, "%q contains no bytes", name)
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

// OpenFile lists the files of the tar in an open file. The method Close of
// the archive also closes the file.
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

// errStream marks an error of the stream, so that the program can distinguish
// it from an error of the temporary file.
var errStream = errors.New("reading the stream")

// spoolFile is the temporary file of a stream.
type spoolFile struct {
	*os.File
	removed bool
}

// Close closes and removes the temporary file.
func (s *spoolFile) Close() error {
	err := s.File.Close()
	if !s.removed {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}

// copy copies the stream to the temporary file. If the context ends, copy
// returns, even if a read of the stream blocks. The caller then closes the
// file, and the goroutine that copies the stream ends when it writes the next
// bytes.
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

// streamErrors is a reader that wraps each error of a stream with errStream.
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
		"Free space in this folder, or set RUNNER_TEMP (in a workflow) or TMPDIR to a folder with more space. As an alternative, write the image to a file, and set the input source to the path of the file.", err,
		"the image from %q cannot be stored in the folder %q", name, folder)
}
