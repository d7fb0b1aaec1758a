package bounded

import (
	"fmt"
	"io"
	"os"
)

// File returns the content of a file. If the file has more bytes than the argument "limit"
// permits, or if the file does not exist, File returns an error. The errors of
// package os keep their types. For a named pipe without a writer, File returns no bytes.
func File(path string, limit int64) ([]byte, error) {
	in, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	content, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("the file %q has more than %d bytes", path, limit)
	}
	return content, err
}

// Open opens a file for reading. Unlike os.Open, Open does not wait for a writer of a named
// pipe. A path of a repository or of an input can name such a pipe, and the run would then
// never end. Open also opens a pipe that already has a writer, such as /dev/stdin.
func Open(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|noWait, 0) }
