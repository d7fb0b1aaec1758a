package login

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// maxFile is the maximum size of a login file in bytes.
const maxFile = 16 << 20

// file is a login file that this process has locked.
type file struct {
	path    string // Symbolic links in this path are resolved.
	before  document
	content document
	absent  bool // If absent is true, the login file did not exist before the change.
	mode    fs.FileMode
	config  *configfile.ConfigFile // This value is the result of Docker's library for the content in the field "before".
	state   *logoutState
}

// edit changes a login file under a lock, so that concurrent steps do not lose
// each other's logins. The method "edit" replaces the file by renaming a new
// file, so other programs always read a complete file.
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
	f, err := s.editLocked(path, errors.Is(statErr, fs.ErrNotExist), change)
	unlock()
	if err == nil && f.state.MadeDir {
		_ = os.Remove(dir) // Remove returns an error for a folder that is not empty, and the program must keep such a folder.
	}
	return err
}

// editLocked reads, changes and saves the file. The caller holds the lock of
// the file.
func (s *Session) editLocked(path string, madeDir bool, change func(*file) error) (*file, error) {
	locked.Sweep(path) // A temporary file of a killed step contains a token, and a logout does not always replace the file.
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	if f.state, err = openState(s.StateFolder, path); err != nil {
		return nil, err
	}
	f.state.captureOriginal(f, madeDir)
	err = change(f)
	return f, errors.Join(err, f.save()) // If the function "change" fails after it has changed a part of the content, save still writes this part.
}

// target resolves a symbolic link, because edit must replace the file and not
// the link. The target of the link does not have to exist.
func target(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	to, err := os.Readlink(path)
	if err != nil {
		return path // The path is not a symbolic link.
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(filepath.Dir(path), to)
	}
	return to
}

// open reads and parses a login file. If the file does not exist, the function
// "open" returns an empty file and no error.
func open(path string) (*file, error) {
	f := &file{path: path, mode: 0o600}
	text, info, err := readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		f.absent, f.config = true, configfile.New(path)
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	f.mode = info.Mode().Perm()
	f.before, f.content = text, text
	if f.config, err = config.LoadFromReader(bytes.NewReader(text)); err == nil {
		_, err = f.content.get("")
	}
	if err != nil {
		return nil, invalid(path, withLine(text, err))
	}
	return f, nil
}

// Regular returns false if the path names a pipe, a device, a socket or a
// folder. A program must not open a named pipe, because it would wait until
// another program writes to the pipe.
func Regular(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// readRegular reads a file of at most maxFile bytes. readRegular does not open
// a pipe, a socket, a device or a folder, and returns an error.
func readRegular(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, invalid(path, fmt.Errorf("the path is not a regular file (%s)", info.Mode().Type()))
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = invalid(path, fmt.Errorf("the file has more than %d bytes", maxFile))
	}
	return text, info, err
}

// withLine adds the line number to an error about invalid JSON.
func withLine(text []byte, err error) error {
	var syntax *json.SyntaxError
	var value json.RawMessage
	if jsonErr := json.Unmarshal(text, &value); !errors.As(jsonErr, &syntax) {
		return err
	}
	return fmt.Errorf("line %d: %w", lineAt(text, int(syntax.Offset)), syntax)
}

// lineAt returns the number of the line that contains the byte at an offset.
func lineAt(text []byte, offset int) int {
	return 1 + bytes.Count(text[:min(max(offset-1, 0), len(text))], []byte("\n"))
}

// CodeFileInvalid means that a login file exists, but that its content is
// invalid.
const CodeFileInvalid = "login-file-invalid"

func invalid(path string, err error) error {
	return &diag.Error{
		Code: CodeFileInvalid, Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("%q is not a valid login file. The file was not changed", path),
		Hint:  "Correct or delete the file, or set isolated: true, which creates a private login file.",
	}
}

// save writes the logout state and the login file. A login writes the logout state first,
// and a logout writes the login file first. If the program stops between the two writes, or
// if the second write fails, the logout state therefore lists each login in the file. A
// later logout can then remove the login and restore the login that it replaced.
func (f *file) save() error {
	gone := f.state.updateUndo(f)
	if len(f.state.Records) < f.state.stored {
		if err := f.write(gone); err != nil {
			return err
		}
		return f.state.save()
	}
	if err := f.state.save(); err != nil {
		return err
	}
	return f.write(gone)
}

// write writes the login file, or removes it if the argument "gone" is true.
func (f *file) write(gone bool) error {
	switch {
	case gone:
		return remove(f.path)
	case bytes.Equal(f.before, f.content):
		return nil
	}
	return locked.Replace(f.path, f.content, f.mode)
}

// remove removes a file. The function "remove" returns nil if the file does not
// exist.
func remove(path string) error {
	err := locked.Retry(func() error { return os.Remove(path) }) // Windows returns an error while another step reads the file.
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func sum(text []byte) string {
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}
