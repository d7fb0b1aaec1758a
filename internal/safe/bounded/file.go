package bounded

import (
	"fmt"
	"io"
	"os"
)

// File returns the content of a file. If the file has more bytes than the argument "limit"
// permits, or if the file does not exist, File returns an error. The errors of
// package os keep their types.
func File(path string, limit int64) ([]byte, error) {
	in, err := os.Open(path)
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
