package login

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxFile bounds a login file that is read, in bytes.
const maxFile = 16 << 20

// file is a login file while its lock is held.
type file struct {
	path   string // behind symbolic links
	was    document
	now    document
	absent bool // there was none
	mode   fs.FileMode
	config *configfile.ConfigFile // was, as Docker reads it
	notes  *notes
}

// edit changes a login file under a lock, so that steps at the same time do
// not lose each other's logins. What others read is always a whole file.
func (s *Session) edit(ctx context.Context, path string, change func(*file) error) error {
	path = target(path)
	dir := filepath.Dir(path)
	_, statErr := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	unlock, err := lock(ctx, filepath.Join(dir, "."+filepath.Base(path)+".ghcr-publish-lock"))
	if err != nil {
		return err
	}
	f, err := s.changed(path, errors.Is(statErr, fs.ErrNotExist), change)
	unlock()
	if err == nil && f.notes.MadeDir {
		_ = os.Remove(dir) // fails where it holds something, and then it stays
	}
	return err
}

// changed is what edit does under the lock.
func (s *Session) changed(path string, madeDir bool, change func(*file) error) (*file, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	if f.notes, err = openNotes(s.Notes, path); err != nil {
		return nil, err
	}
	f.notes.begin(f, madeDir)
	err = change(f)
	return f, errors.Join(err, f.save()) // what could be changed is
}

// target follows a symbolic link, also one to a file that is not there yet:
// the file is replaced, not the link.
func target(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	to, err := os.Readlink(path)
	if err != nil {
		return path // it is no link
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(filepath.Dir(path), to)
	}
	return to
}

// open reads a login file; one that is absent is empty.
func open(path string) (*file, error) {
	f := &file{path: path, mode: 0o600}
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		f.absent, f.config = true, configfile.New(path)
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	f.mode = info.Mode().Perm()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it has more than %d bytes", maxFile)
	}
	if err != nil {
		return nil, err
	}
	f.was, f.now = text, text
	if f.config, err = config.LoadFromReader(bytes.NewReader(text)); err == nil {
		_, err = f.now.get("")
	}
	if err != nil {
		return nil, invalid(path, err)
	}
	return f, nil
}

func invalid(path string, err error) error {
	return &diag.Error{
		Code: "login-file-invalid", Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("%q is no login file, and is left as it is", path),
		Hint:  "Mend or delete it, or log in with isolated: true, which makes a file of its own.",
	}
}

// save writes what changed: the notes first, so that nothing of ours is ever
// in the file without a way to find it.
func (f *file) save() error {
	gone := f.notes.finish(f)
	if err := f.notes.save(); err != nil {
		return fmt.Errorf("noting what was there before: %w", err)
	}
	if gone {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if bytes.Equal(f.was, f.now) {
		return nil
	}
	return replace(f.path, f.now, f.mode)
}

// replace puts a file in place in one step.
func replace(path string, text []byte, mode fs.FileMode) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name()) // the first error is the one to tell
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
		err = os.Rename(temp.Name(), path)
	}
	return err
}

func sum(text []byte) string {
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}
