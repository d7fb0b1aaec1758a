package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write carries the edits out. Each file is replaced whole: written beside the
// old one under another name, with its mode, flushed, and renamed over it. A
// file that has changed since Scan is left alone. The errors of all files come
// back together; those not named in them are written.
func Write(r *Report) error {
	var errs []error
	for _, f := range r.Files {
		if err := f.write(); err != nil {
			errs = append(errs, fmt.Errorf("writing %q: %w", f.Path, err))
		}
	}
	return errors.Join(errs...)
}

var errChanged = errors.New("it has changed since it was read; run migrate again")

func (f File) write() error {
	root, err := os.OpenRoot(f.tree)
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.FromSlash(f.name)
	if target, err := root.Readlink(name); err == nil {
		return fmt.Errorf("it is a symbolic link to %q; run migrate on that", target)
	}
	info, err := root.Stat(name)
	if err != nil {
		return err
	}
	if now, err := root.ReadFile(name); err != nil {
		return err
	} else if !bytes.Equal(now, f.Before) {
		return errChanged
	}
	return replaceFile(root, name, f.After, info.Mode().Perm())
}

// replaceFile puts content in the place of a file, or leaves it untouched.
func replaceFile(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	temp := name + ".ghcr-publish-new"
	if err := writeNew(root, temp, content, mode); err != nil {
		return errors.Join(err, discard(root, temp, err))
	}
	if err := root.Rename(temp, name); err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}

// discard removes what writeNew made, unless it was there before.
func discard(root *os.Root, temp string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err := root.Remove(temp); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func writeNew(root *os.Root, name string, content []byte, mode fs.FileMode) (err error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(mode); err != nil { // the umask may have taken bits away
		return err
	}
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}
