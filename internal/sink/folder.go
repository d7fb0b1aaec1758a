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
)

// folder is a directory that nothing is written outside of. Names in it are
// slash-separated.
type folder struct {
	root *os.Root
	at   string // absolute
	// through, if set, stands between us and the files written: tests make
	// disks full with it.
	through func(io.Writer) io.Writer
}

// openFolder opens a directory, and makes it if need be.
func openFolder(dir string) (folder, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return folder{}, unwritten(err, dir)
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		if info, statErr := os.Stat(at); statErr == nil && !info.IsDir() {
			return folder{}, problem(CodeNotLayout, hintEmpty, nil, "%q is a file, and a directory is needed", at)
		}
		return folder{}, unwritten(err, at)
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return folder{}, unwritten(err, at)
	}
	return folder{root: root, at: at}, nil
}

func (f *folder) close() error { return f.root.Close() }

func (f *folder) path() string { return f.at }

// in is what to call a name of the folder in messages.
func (f *folder) in(name string) string { return filepath.Join(f.at, filepath.FromSlash(name)) }

// plain refuses a name that is taken by something else than a plain file, or
// a directory where want says so: links above all.
func (f *folder) plain(name string, want fs.FileMode) error {
	info, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unwritten(err, f.in(name))
	}
	if kind := info.Mode().Type(); kind != want {
		return problem(CodeUnsafe, "Take it away, or choose another destination.", nil,
			"%q is %s, where %s is needed", f.in(name), word(kind), word(want))
	}
	return nil
}

func word(kind fs.FileMode) string {
	switch kind {
	case 0:
		return "a plain file"
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
		err = problem(CodeDamaged, "Choose another directory.", nil, "%q has more than the %d bytes that are read", f.in(name), limit)
	}
	return raw, err
}

// What the names of files begin and end with that are not complete yet.
const (
	partPrefix = ".ghcr-publish-"
	partSuffix = ".part"
)

// create makes a file beside name, to be renamed once it is complete.
func (f *folder) create(name string) (file *os.File, temporary string, err error) {
	temporary = path.Join(path.Dir(name), partPrefix+rand.Text()+partSuffix)
	file, err = f.root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, "", unwritten(err, f.in(name))
	}
	return file, temporary, nil
}

// writer is where the bytes of a file go.
func (f *folder) writer(w io.Writer) io.Writer {
	if f.through == nil {
		return w
	}
	return f.through(w)
}

func (f *folder) replaceWith(name string, raw []byte) error {
	return f.replace(name, bytes.NewReader(raw))
}

// replace gives the name to a new file with the content of r, all at once, or
// not at all.
func (f *folder) replace(name string, r io.Reader) error {
	file, temporary, err := f.create(name)
	if err != nil {
		return err
	}
	_, err = copyAll(f.writer(file), r)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = f.root.Rename(temporary, name)
	}
	if err != nil {
		_ = f.root.Remove(temporary) // the first error is the one to tell
	}
	return unwritten(err, f.in(name))
}
