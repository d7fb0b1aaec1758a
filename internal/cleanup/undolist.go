package cleanup

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Entry describes one deleted version or one detached tag, with everything that the command
// needs to restore it.
type Entry struct {
	// Package is the repository with its registry, such as ghcr.io/acme/web.
	Package string `json:"package"`
	// ID is the id of the version. It is 0 for a detached tag.
	ID     int64    `json:"id,omitempty"`
	Digest string   `json:"digest"`
	Tags   []string `json:"tags,omitempty"`
	// Detached reports whether only the tags were removed. The version stays.
	Detached bool `json:"detached,omitempty"`
	// Placeholder is the digest of the small manifest at which the run pointed a detached tag
	// for a moment. A run that is killed can leave the tag there.
	Placeholder string `json:"placeholder,omitempty"`

	MediaType string `json:"mediaType,omitempty"`
	Size      int64  `json:"size"`
	// Manifest contains the bytes of the manifest. It is empty if the manifest was gone
	// before the deletion.
	Manifest []byte `json:"manifest,omitempty"`
	// WholePackage reports whether the package was deleted together with this version,
	// because GitHub does not delete the last tagged version alone.
	WholePackage bool `json:"wholePackage,omitempty"`
}

// UndoList is a file with one entry per line. Each entry is in the file before its
// deletion starts, so that a run that is killed leaves a complete list.
type UndoList struct {
	// Path is the path of the file.
	Path string

	mu   sync.Mutex
	file *os.File
}

// NewUndoList returns a list that creates its file in a folder at the first entry.
func NewUndoList(dir string) *UndoList { return &UndoList{Path: dir} }

// Add writes an entry. The entry is on the disk when Add returns.
func (u *UndoList) Add(e Entry) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	err := u.open()
	if err == nil {
		var line []byte
		if line, err = json.Marshal(e); err == nil {
			_, err = u.file.Write(append(line, '\n'))
		}
	}
	if err == nil {
		err = u.file.Sync()
	}
	if err != nil {
		hint := "Check that the disk has free space and that the user of the step may write to the folder. The run deletes nothing that it cannot restore."
		return diag.New(CodeUndoFile, diag.Runner, hint, err, "the undo list %q cannot be written", u.Path)
	}
	return nil
}

func (u *UndoList) open() (err error) {
	if u.file != nil {
		return nil
	}
	if u.file, err = os.CreateTemp(u.Path, "ghcr-publish-undo-*.jsonl"); err == nil {
		u.Path = u.file.Name()
	}
	return err
}

// Close closes the file.
func (u *UndoList) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.file == nil {
		return nil
	}
	return u.file.Close()
}

// MaxUndo is the maximum size of an undo list, in bytes.
const MaxUndo = 512 << 20

// ParseUndo parses an undo list: the lines of the file, or the JSON list of the output
// "deleted".
func ParseUndo(text []byte) ([]Entry, error) {
	text = bytes.TrimSpace(text)
	var out []Entry
	if bytes.HasPrefix(text, []byte("[")) {
		err := json.Unmarshal(text, &out)
		return out, undoProblem(diag.NotJSON(err))
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, MaxUndo)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, undoProblem(fmt.Errorf("parsing line %d: %w", len(out)+1, diag.NotJSON(err)))
		}
		out = append(out, e)
	}
	err := lines.Err()
	if err == nil && len(out) == 0 {
		err = errors.New("the list is empty")
	}
	return out, undoProblem(err)
}

func undoProblem(err error) error {
	if err == nil {
		return nil
	}
	hint := "Set the input undo to the file in the output undo-file, or to the value of the output deleted."
	e := diag.New(CodeUndoFile, diag.Input, hint, err, "The undo list cannot be read")
	e.Input = "undo"
	return e
}
