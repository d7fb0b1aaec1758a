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

// folder is a directory. Its methods write nothing outside of the directory. The
// names of files in the directory are slash-separated.
type folder struct {
	root *os.Root
	dir  string // absolute path
	// wrapWriter wraps the writers of all files, unless wrapWriter is nil. Tests
	// use wrapWriter to simulate full disks.
	wrapWriter func(io.Writer) io.Writer
}

// openFolder opens a directory. It creates the directory if it does not exist.
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

// pathOf returns the path of a file in the folder, for messages.
func (f *folder) pathOf(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// checkType returns an error if a file with the name exists and has another type
// than the wanted type. The wanted type is a regular file (0) or a directory. In
// particular, checkType refuses symbolic links.
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

// readFile reads a whole file of at most limit bytes.
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

// partPrefix and partSuffix begin and end the names of incomplete files.
const (
	partPrefix = ".ghcr-publish-"
	partSuffix = ".part"
)

// create creates a temporary file for the file with the given name, in the same
// directory. The caller renames the temporary file when its content is complete.
func (f *folder) create(name string) (file *os.File, temporary string, err error) {
	temporary = path.Join(path.Dir(name), partPrefix+rand.Text()+partSuffix)
	file, err = f.root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, "", writeError(err, f.pathOf(name))
	}
	_, _ = tryLock(file) // without a lock, removeAbandoned uses the age of the file
	return file, temporary, nil
}

// rename gives a complete temporary file its final name. The file with this name can
// be open, for example if another pull into the same layout reads it.
func (f *folder) rename(temporary, name string) error {
	return locked.Retry(func() error { return f.root.Rename(temporary, name) })
}

// writer returns the writer for the content of a file.
func (f *folder) writer(w io.Writer) io.Writer {
	if f.wrapWriter == nil {
		return w
	}
	return f.wrapWriter(w)
}

func (f *folder) replaceWith(name string, raw []byte) error {
	return f.replace(name, bytes.NewReader(raw))
}

// replace replaces the file with the given name. It writes the new content to a
// temporary file, and then renames the temporary file. If writing fails, the old
// file stays unchanged.
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
		_ = f.root.Remove(temporary) // the first error is more useful
	}
	return writeError(err, f.pathOf(name))
}
