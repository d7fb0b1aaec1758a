package locked

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes the text to a temporary file in the folder of the path and renames this
// file, so that other programs never read a partial file.
func Replace(path string, text []byte, mode fs.FileMode) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name()) // The error of Remove is ignored, because the caller needs the error of the failed write.
		}
	}()
	_, err = temp.Write(text)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(temp.Name(), mode)
	}
	if err == nil {
		err = Retry(func() error { return os.Rename(temp.Name(), path) }) // Windows returns an error while another step reads the file.
	}
	return err
}
