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

// notes is what logging out needs to know of one login file. They are kept in
// a private folder from the first login of a job to its last logout, and hold
// what was replaced and nothing else of the file.
type notes struct {
	path string   // of the notes; "" keeps none
	base document // the file before all of us, where it is known
	know bool     // it is: nobody else wrote since

	Salt    string      `json:"salt"`             // of the marks
	Absent  bool        `json:"absent,omitempty"` // there was no file
	MadeDir bool        `json:"made_dir,omitempty"`
	Mode    fs.FileMode `json:"mode"`
	Written string      `json:"written"` // sha256 of the file as we left it; "" if somebody else has a part in it
	Undo    patch       `json:"undo"`    // from there to base
	Records []record    `json:"records"`
}

// record is one login by one session.
type record struct {
	Session string `json:"session"`
	Key     string `json:"key"`
	Helper  string `json:"helper,omitempty"` // "" is the file itself
	Before  entry  `json:"before"`
	Wrote   entry  `json:"wrote"`
}

// openNotes reads the notes on a login file; a folder "" keeps none.
func openNotes(folder, file string) (*notes, error) {
	n := &notes{Salt: rand.Text()}
	if folder == "" {
		return n, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making a place for notes: %w", err)
	}
	n.path = filepath.Join(folder, sum([]byte(file))[:16]+".json")
	text, err := os.ReadFile(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(text, n)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the notes of an earlier login: %w", err)
	}
	return n, nil
}

// begin takes the file in as it is found.
func (n *notes) begin(f *file, madeDir bool) {
	if len(n.Records) == 0 {
		n.Absent, n.MadeDir, n.Mode = f.absent, madeDir, f.mode
		n.base, n.know = f.was, true
		return
	}
	if n.Written == sum(f.was) {
		n.base, n.know = n.Undo.apply(f.was)
	}
}

// finish notes the way back from the changed file. With the last record gone
// that way is taken: if it leads to no file, gone says so.
func (n *notes) finish(f *file) (gone bool) {
	switch {
	case n.path == "":
		f.mode = private
	case len(n.Records) > 0:
		f.mode, n.Written = private, ""
		if n.know {
			n.Written, n.Undo = sum(f.now), diff(f.now, n.base)
		}
	case n.know:
		f.now, f.mode = n.base, n.Mode
		return n.Absent
	}
	return false
}

// private is the mode of a file that holds a login of ours.
const private fs.FileMode = 0o600

func (n *notes) save() error {
	if n.path == "" {
		return nil
	}
	if len(n.Records) == 0 {
		if err := os.Remove(n.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return replace(n.path, text, private)
}

// patch turns a text into another one that begins and ends alike.
type patch struct {
	Prefix int    `json:"prefix"`
	Suffix int    `json:"suffix"`
	Middle []byte `json:"middle,omitempty"`
}

// diff is the patch that turns one text into the other.
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

// apply returns the other text; ok is false if the patch is for another one.
func (p patch) apply(text []byte) (out document, ok bool) {
	if p.Prefix < 0 || p.Suffix < 0 || p.Prefix > len(text)-p.Suffix {
		return nil, false
	}
	out = append(out, text[:p.Prefix]...)
	out = append(out, p.Middle...)
	return append(out, text[len(text)-p.Suffix:]...), true
}
