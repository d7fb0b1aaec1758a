package login

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// logoutState holds the data about one login file that a logout needs. The data
// is stored in a private folder from the first login of a job until the last
// logout. It contains only the replaced parts of the file's content.
type logoutState struct {
	path          string   // file of the state; if empty, the state is not stored
	original      document // content before the first login
	originalKnown bool     // no other program has changed the file since its last write

	Salt    string      `json:"salt"`             // salt of the fingerprints
	Absent  bool        `json:"absent,omitempty"` // the file did not exist before the first login
	MadeDir bool        `json:"made_dir,omitempty"`
	Mode    fs.FileMode `json:"mode"`
	Written string      `json:"written"` // sha256 of the file after the last write; "" if another program changed the file
	Undo    patch       `json:"undo"`    // changes the written content into the original content
	Records []record    `json:"records"`
}

// record describes one login by one session.
type record struct {
	Session string `json:"session"`
	Key     string `json:"key"`
	Helper  string `json:"helper,omitempty"` // "" for the file itself
	Before  entry  `json:"before"`
	Wrote   entry  `json:"wrote"`
}

// openState reads the logout state of a login file. If folder is "", the state
// is not stored.
func openState(folder, file string) (*logoutState, error) {
	n := &logoutState{Salt: rand.Text()}
	if folder == "" {
		return n, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("creating the folder for the logout state: %w", err)
	}
	n.path = statePath(folder, file)
	text, err := os.ReadFile(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(text, n)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the logout state: %w", err)
	}
	return n, nil
}

func statePath(folder, file string) string {
	return filepath.Join(folder, sum([]byte(file))[:16]+".json")
}

// stateMissing reports whether the logout state of a login file does not exist.
func (s *Session) stateMissing(path string) bool {
	if s.StateFolder == "" {
		return true
	}
	_, err := os.Stat(statePath(s.StateFolder, target(path)))
	return errors.Is(err, fs.ErrNotExist)
}

// captureOriginal stores the properties of the file before the first login.
// After a later login, it restores the original content from the patch.
func (n *logoutState) captureOriginal(f *file, madeDir bool) {
	if len(n.Records) == 0 {
		n.Absent, n.MadeDir, n.Mode = f.absent, madeDir, f.mode
		n.original, n.originalKnown = f.before, true
		return
	}
	if n.Written == sum(f.before) {
		n.original, n.originalKnown = n.Undo.apply(f.before)
	}
}

// updateUndo stores a patch that restores the original content. After the last
// logout, it restores the original content if this content is known. It then
// returns true if the file did not exist before the first login.
func (n *logoutState) updateUndo(f *file) (gone bool) {
	switch {
	case n.path == "":
		f.mode = private
	case len(n.Records) > 0:
		f.mode, n.Written = private, ""
		if n.originalKnown {
			n.Written, n.Undo = sum(f.content), diff(f.content, n.original)
		}
	case n.originalKnown:
		f.content, f.mode = n.original, n.Mode
		return n.Absent
	}
	return false
}

// private is the mode of a file that contains a login.
const private fs.FileMode = 0o600

func (n *logoutState) save() error {
	if n.path == "" {
		return nil
	}
	if len(n.Records) == 0 {
		return remove(n.path)
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return replace(n.path, text, private)
}

// patch replaces the middle of a text, between a common prefix and a common
// suffix.
type patch struct {
	Prefix int    `json:"prefix"`
	Suffix int    `json:"suffix"`
	Middle []byte `json:"middle,omitempty"`
}

// diff returns the patch that changes the content "from" into the content "to".
func diff(from, to []byte) patch {
	p := patch{}
	shorter := min(len(from), len(to))
	for p.Prefix < shorter && from[p.Prefix] == to[p.Prefix] {
		p.Prefix++
	}
	for p.Suffix < shorter-p.Prefix && from[len(from)-1-p.Suffix] == to[len(to)-1-p.Suffix] {
		p.Suffix++
	}
	p.Middle = bytes.Clone(to[p.Prefix : len(to)-p.Suffix])
	return p
}

// apply returns the patched text. ok is false if the text is too short for the
// patch.
func (p patch) apply(text []byte) (out document, ok bool) {
	if p.Prefix < 0 || p.Suffix < 0 || p.Prefix > len(text)-p.Suffix {
		return nil, false
	}
	out = append(out, text[:p.Prefix]...)
	out = append(out, p.Middle...)
	return append(out, text[len(text)-p.Suffix:]...), true
}
