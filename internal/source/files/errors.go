package files

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of what can be wrong with files and base. They are stable: README
// and workflows name them.
const (
	CodeNotFound   = "content-not-found"  // no such file, or none for a platform
	CodeUnreadable = "content-unreadable" // the system refuses
	CodeUnsafe     = "content-unsafe"     // a device, or a link that leads out
	CodeName       = "content-name"       // a name that no layer may have
	CodeTwice      = "content-twice"      // two files for one place
	CodeTooMany    = "content-too-many"   // more than a layer may list
	CodeChanged    = "content-changed"    // between the first reading and the second
	CodePlatform   = "platform-missing"   // the base, or a path, has none for it
	CodeBase       = "base-unusable"      // no image that files can be put on
)

func problem(code, hint string, err error, format string, args ...any) error {
	return &diag.Error{Code: code, Side: diag.Source, Input: "content", Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

func unusable(hint string, err error, format string, args ...any) error {
	return &diag.Error{Code: CodeBase, Side: diag.Source, Input: "base", Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

// explained passes on an error that a reader already understands.
func explained(err error, path string) error {
	var known *diag.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return problem(CodeNotFound, "Check the path; it is taken from the directory the step runs in, and the step that writes it must run before.", nil, "there is no file or folder %q", path)
	case errors.Is(err, fs.ErrPermission):
		return problem(CodeUnreadable, "Let the user of this step read it (chmod, or run the step that wrote it as the same user).", err, "%q cannot be read", path)
	}
	return problem(CodeUnreadable, "Write the files again with the step that made them, and check that the step ran to its end.", err, "%q cannot be read", path)
}

func changed(path string, err error) error {
	return problem(CodeChanged, "Let no other step or process write there while this step runs, and run it again.", err, "%q changed while it was published", path)
}
