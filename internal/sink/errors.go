package sink

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of what can be wrong with a destination. They are stable: README
// and workflows name them.
const (
	CodeInvalid   = "destination-invalid"      // cannot be read as one
	CodeNotLayout = "destination-not-a-layout" // there, but something else
	CodeDamaged   = "destination-damaged"      // a layout that cannot be read
	CodeUnsafe    = "destination-unsafe"       // a link, or a device
	CodeUnwritten = "destination-unwritten"    // the system refuses
	CodeFull      = "disk-full"                // no space is left
	CodeLocked    = "destination-locked"       // another program writes for too long
	CodeImage     = "image-not-for-this"       // an image that cannot be kept there
	CodeDiffers   = "destination-differs"      // what is read back is something else
)

func problem(code, hint string, err error, format string, args ...any) error {
	return &diag.Error{Code: code, Side: diag.Runner, Input: "destination", Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

// unwritten explains a failure of the file system. An error of the reader
// that was copied from is none, and passes as it is.
func unwritten(err error, path string) error {
	var told *diag.Error
	var system *fs.PathError
	switch {
	case errors.As(err, &told):
		return err
	case full(err):
		return problem(CodeFull, "Free space, or choose a destination on another disk. What a layout has whole by now is not fetched again.", err,
			"there is no space left for %q", path)
	case errors.Is(err, fs.ErrPermission):
		return problem(CodeUnwritten, "Let the user of this step write there, or choose another destination.", err, "%q may not be written", path)
	case errors.As(err, &system):
		return problem(CodeUnwritten, "Choose another destination.", err, "%q cannot be written", path)
	}
	return err
}
