package files

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of the errors of this package. They are stable, because README and
// workflows name them.
const (
	CodeNotFound   = "content-not-found"  // the file does not exist, or no file exists for a platform
	CodeUnreadable = "content-unreadable" // the system denies access
	CodeUnsafe     = "content-unsafe"     // a device, or a link that leaves its folder
	CodeName       = "content-name"       // a name that is not allowed in a layer
	CodeTwice      = "content-twice"      // two files with the same path in the image
	CodeTooMany    = "content-too-many"   // more files than the limit of a layer
	CodeChanged    = "content-changed"    // a file changed between the first and the second read
	CodePlatform   = "platform-missing"   // the base or a path has no content for the platform
	CodeBase       = "base-unusable"      // the base is not an image that can be extended
)

func problem(code, hint string, err error, format string, args ...any) error {
	return &diag.Error{Code: code, Side: diag.Source, Input: "content", Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

func unusable(hint string, err error, format string, args ...any) error {
	return &diag.Error{Code: CodeBase, Side: diag.Source, Input: "base", Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

// explained returns err unchanged if it contains a *diag.Error. It wraps any
// other error in an error about the path.
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
