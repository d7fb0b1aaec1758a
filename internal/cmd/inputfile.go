package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// inputFile is a file that an input or a flag names.
type inputFile struct {
	input string // the name of the input
	named string // the input in a sentence, for example "the input undo" or "--seed"
	path  string
	code  string // the code of the error
	hint  string // full sentences about the expected file
}

// read returns the content of the file, at most the given number of bytes.
func (f inputFile) read(most int64) ([]byte, error) {
	raw, err := bounded.Text(f.path, most)
	if err != nil {
		return nil, f.unreadable(err)
	}
	return raw, nil
}

// unreadable returns the error for a file that cannot be read. For a missing file, the
// hint explains the path, because the message of the operating system does not.
func (f inputFile) unreadable(err error) error {
	title, hint := "The file %q in %s cannot be read", f.hint
	if info, statErr := os.Stat(f.path); statErr == nil && info.IsDir() {
		title, err = "The file %q in %s is a folder", nil
	} else if errors.Is(err, fs.ErrNotExist) {
		title, hint, err = "The file %q in %s does not exist", missing.Hint(f.path)+" "+hint, nil
	}
	return &diag.Error{Code: f.code, Side: diag.Input, Input: f.input, Err: err, Title: fmt.Sprintf(title, f.path, f.named), Hint: hint}
}
