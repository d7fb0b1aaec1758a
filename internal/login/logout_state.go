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

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// logoutState holds the data that a logout needs about one login file. The program stores
// the logout state in a private folder from the first login of a job until the last
// logout. The logout state contains only the replaced parts of the login file.
type logoutState struct {
	path          string   // The logout state is stored in the file with this path. If the path is empty, the logout state is not stored.
	original      document // original is the content of the login file before the first login.
	stored        int      // stored is the number of records in the stored logout state when the program read it.
	originalKnown bool     // originalKnown is true if no other program has changed the login file since the last write.

	Salt    string      `json:"salt"`             // Salt is the salt of the fingerprints.
	Absent  bool        `json:"absent,omitempty"` // Absent means that the login file did not exist before the first login.
	MadeDir bool        `json:"made_dir,omitempty"`
	Mode    fs.FileMode `json:"mode"`
	Written string      `json:"written"` // Written is the SHA-256 sum of the login file after the last write. Written is "" if another program changed the file.
	Undo    patch       `json:"undo"`    // Undo changes the written content into the original content.
	Records []record    `json:"records"`
}

// record describes one login that a session wrote.
type record struct {
	Session string `json:"session"`
	Key     string `json:"key"`
	Helper  string `json:"helper,omitempty"` // Helper is the name of the credential helper. Helper is "" if the login is in the login file itself.
	Before  entry  `json:"before"`
	Wrote   entry  `json:"wrote"`
}

// openState reads the logout state of a login file. If the argument "folder" is
// "", openState returns an empty state that is not stored.
func openState(folder, file string) (*logoutState, error) {
	n := &logoutState{Salt: rand.Text()}
	if folder == "" {
		return n, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("creating the folder for the logout state: %w", err)
	}
	n.path = statePath(folder, file)
	text, err := bounded.File(n.path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(text, n)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the logout state: %w", err)
	}
	n.stored = len(n.Records)
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

// captureOriginal determines the content of the login file before the first
// login. For later logins, captureOriginal applies the stored patch to the
// current content.
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

// updateUndo stores a patch that restores the original content of the login
// file. After the last logout, updateUndo restores the original content if this
// content is known. The result "gone" is true if the caller must remove the file,
// because the file did not exist before the first login.
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

// private is the permission mode of a file that contains a login.
const private fs.FileMode = 0o600

func (n *logoutState) save() error {
	if n.path == "" {
		return nil
	}
	text, err := json.Marshal(n)
	switch {
	case len(n.Records) == 0:
		err = remove(n.path)
	case err == nil:
		err = locked.Replace(n.path, text, private)
	}
	if err != nil {
		return fmt.Errorf("saving the state for the logout: %w", err)
	}
	return nil
}

// patch describes the difference of two texts. The texts have a common prefix
// and a common suffix, and patch stores only the text between them.
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

// apply returns the patched text. The result "ok" is false if the text is too
// short for the patch.
func (p patch) apply(text []byte) (out document, ok bool) {
	if p.Prefix < 0 || p.Suffix < 0 || p.Prefix > len(text)-p.Suffix {
		return nil, false
	}
	out = append(out, text[:p.Prefix]...)
	out = append(out, p.Middle...)
	return append(out, text[len(text)-p.Suffix:]...), true
}
