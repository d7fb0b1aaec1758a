package bounded

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxStream is the maximum number of bytes that File reads from a pipe or a device. Such a
// file has no size, so File cannot refuse it before it reads. A device such as /dev/zero
// has no end.
const maxStream = 64 << 20

// File returns the content of a file. If the file has more bytes than the argument "limit"
// permits, or if the file does not exist, File returns an error. For a pipe or a device,
// the limit is at most 64 MiB. File does not read a regular file that is too large. The
// errors of package os keep their types. For a named pipe without a writer, File returns no
// bytes.
func File(path string, limit int64) ([]byte, error) {
	in, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size, limit = 0, min(limit, maxStream)
	}
	tooLarge := fmt.Errorf("the file %q has more than %d bytes", path, limit)
	if size > limit {
		return nil, tooLarge
	}
	content := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead)) // ReadFrom needs MinRead bytes to find the end of the file.
	if n, err := content.ReadFrom(io.LimitReader(in, limit+1)); err != nil || n > limit {
		return nil, cmp.Or(err, tooLarge)
	}
	return content.Bytes(), nil
}

// Open opens a file for reading. Unlike os.Open, Open does not wait for a writer of a named
// pipe. A path of a repository or of an input can name such a pipe, and the run would then
// never end. Open also opens a pipe that already has a writer, such as /dev/stdin.
func Open(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|noWait, 0) }

// OpenOutput opens a file for writing, with the flags and the mode of os.OpenFile. For a
// named pipe without a reader, os.OpenFile waits for a reader, and OpenOutput returns an
// error.
func OpenOutput(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|flag|noWait, mode)
}
