package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// Write writes the edited files to disk. For each file, Write creates a
// temporary file in the same directory, with the new content and the same mode.
// Then Write flushes the temporary file and renames it to the name of the old
// file. Write does not change a file that has changed after Scan. If an error
// occurs, Write continues with the next file. Write returns the joined errors
// of all files. The findings about edits in a written file get the state
// Changed.
func Write(r *Report) error {
	var errs []error
	for i, f := range r.Files {
		if err := f.write(); err != nil {
			errs = append(errs, fmt.Errorf("writing %q: %w", f.Path, err))
			continue
		}
		r.Files[i].Written = true
		r.markChanged(f.Path)
	}
	return errors.Join(errs...)
}

// For a written file, markChanged gives the state Changed to each finding about an edit.
func (r *Report) markChanged(file string) {
	for i, f := range r.Findings {
		if f.File == file && f.State == WouldChange {
			r.Findings[i].State = Changed
		}
	}
}

var errChanged = errors.New("the file has changed since migrate read it; run migrate again")

func (f File) write() error {
	root, err := os.OpenRoot(f.tree)
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.FromSlash(f.name)
	if target, err := root.Readlink(name); err == nil {
		return fmt.Errorf("the file is a symbolic link to %q; run migrate on the target", target)
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

// replaceFile replaces the content of a file. If replaceFile returns an error,
// the file still has the old content.
func replaceFile(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	temp := name + ".ghcr-publish-new"
	if err := writeNew(root, temp, content, mode); err != nil {
		return errors.Join(err, discard(root, temp, err))
	}
	if err := locked.Retry(func() error { return root.Rename(temp, name) }); err != nil { // Windows returns an error while an editor has the file open.
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}

// discard removes the temporary file after an error. If the temporary file existed
// before writeNew, the function "discard" keeps it.
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
	if err := f.Chmod(mode); err != nil { // The umask can have removed permission bits.
		return err
	}
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}
