package locked

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// abandoned is the age after which a temporary file belongs to a run that was killed. A
// file is written in much less time.
const abandoned = time.Minute

// Replace writes the text to a temporary file in the folder of the path and renames this
// file, so that other programs never read a partial file. Replace also removes the
// temporary files of runs that were killed during this operation, because such a file can
// contain a token. If the path is a device, a pipe or a socket, Replace returns an error,
// because the rename would remove for example /dev/null.
func Replace(path string, text []byte, mode fs.FileMode) (err error) {
	const special = fs.ModeDevice | fs.ModeNamedPipe | fs.ModeSocket
	if info, err := os.Stat(path); err == nil && info.Mode()&special != 0 {
		return fmt.Errorf("replacing %q: the path is not a regular file", path)
	}
	sweep(filepath.Dir(path), prefix(path), time.Now().Add(-abandoned))
	temp, err := os.CreateTemp(filepath.Dir(path), prefix(path)+"*")
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

// Sweep removes the temporary files for a path that killed runs have left. The caller must
// hold a lock that every caller of Replace for this path holds, because Sweep also removes
// new files.
func Sweep(path string) {
	sweep(filepath.Dir(path), prefix(path), time.Now().Add(abandoned)) // Clocks of file systems differ.
}

// prefix returns the beginning of the names of the temporary files for a path. The names
// end with a random number (os.CreateTemp).
func prefix(path string) string { return "." + filepath.Base(path) + "-" }

// sweep removes the temporary files that are older than the given time. A file that
// cannot be removed stays, because the caller can write its own file nevertheless.
func sweep(folder, prefix string, before time.Time) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}
