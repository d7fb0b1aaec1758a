package sink

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// folder is a directory in which the package writes files. The methods of
// folder write nothing outside of the directory. Names of files are
// slash-separated and relative to the directory.
type folder struct {
	root *os.Root
	dir  string // dir is the absolute path of the directory.
	// If wrapWriter is not nil, the package calls it to wrap the writer of each file.
	// Tests use wrapWriter to simulate full disks.
	wrapWriter func(io.Writer) io.Writer
}

// openFolder opens a directory. If the directory does not exist, openFolder
// creates it.
func openFolder(dir string) (folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return folder{}, writeError(err, dir)
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		if info, statErr := os.Stat(abs); statErr == nil && !info.IsDir() {
			return folder{}, newError(CodeNotLayout, hintEmpty, nil, "%q is a file, but must be a directory", abs)
		}
		return folder{}, writeError(err, abs)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return folder{}, writeError(err, abs)
	}
	return folder{root: root, dir: abs}, nil
}

func (f *folder) close() error { return f.root.Close() }

func (f *folder) path() string { return f.dir }

// pathOf returns the full path of a file in the folder, for messages.
func (f *folder) pathOf(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// checkType returns an error if the named file exists and does not have the
// wanted type. The wanted type is a regular file (0) or a directory. checkType
// therefore refuses symbolic links.
func (f *folder) checkType(name string, want fs.FileMode) error {
	info, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return writeError(err, f.pathOf(name))
	}
	if kind := info.Mode().Type(); kind != want {
		return newError(CodeUnsafe, "Remove this file or directory, or choose another destination.", nil,
			"%q is %s, but must be %s", f.pathOf(name), typeName(kind), typeName(want))
	}
	return nil
}

func typeName(kind fs.FileMode) string {
	switch kind {
	case 0:
		return "a regular file"
	case fs.ModeDir:
		return "a directory"
	case fs.ModeSymlink:
		return "a symbolic link"
	}
	return fmt.Sprintf("a special file (%s)", kind)
}

// readFile reads the whole file. readFile returns an error if the file has more bytes
// than the argument "limit" allows.
func (f *folder) readFile(name string, limit int64) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = newError(CodeDamaged, "Choose another directory.", nil, "%q has more than %d bytes", f.pathOf(name), limit)
	}
	return raw, err
}

// The name of a temporary file starts with partPrefix and ends with partSuffix.
const (
	partPrefix = ".ghcr-publish-"
	partSuffix = ".part"
)

// create creates a temporary file in the directory of the named file. When the content is
// complete, the caller renames the temporary file to the given name.
func (f *folder) create(name string) (file *os.File, temporary string, err error) {
	temporary = path.Join(path.Dir(name), partPrefix+rand.Text()+partSuffix)
	file, err = f.root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, "", writeError(err, f.pathOf(name))
	}
	_, _ = tryLock(file) // An error is ignored, because removeAbandoned uses the age of a file that has no lock.
	return file, temporary, nil
}

// rename gives a complete temporary file its final name. The method "rename" tries
// again if another process has opened the existing file with the final name.
func (f *folder) rename(temporary, name string) error {
	return locked.Retry(func() error { return f.root.Rename(temporary, name) })
}

// writer returns the writer w, wrapped by wrapWriter in tests.
func (f *folder) writer(w io.Writer) io.Writer {
	if f.wrapWriter == nil {
		return w
	}
	return f.wrapWriter(w)
}

func (f *folder) replaceWith(name string, raw []byte) error {
	return f.replace(name, bytes.NewReader(raw))
}

// replace replaces the content of the named file. The method "replace" writes the new
// content to a temporary file, and then renames the temporary file. If a write fails,
// the existing file stays unchanged.
func (f *folder) replace(name string, r io.Reader) error {
	file, temporary, err := f.create(name)
	if err != nil {
		return err
	}
	_, err = copyAll(f.writer(file), r)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = f.rename(temporary, name)
	}
	if err != nil {
		_ = f.root.Remove(temporary) // The error of Remove is ignored, because the first error is the cause.
	}
	return writeError(err, f.pathOf(name))
}
