package sink

import (
	"errors"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// These are the codes of errors about a destination. The codes are stable,
// because documents and workflows contain them.
const (
	CodeInvalid      = "destination-invalid"      // the value of the input "destination" does not name a destination
	CodeNotLayout    = "destination-not-a-layout" // the path of the destination exists, but is not an OCI layout
	CodeDamaged      = "destination-damaged"      // the OCI layout at the destination cannot be read
	CodeUnsafe       = "destination-unsafe"       // a path in the destination is a symbolic link or a device
	CodeNotWritable  = "destination-not-writable" // the system does not allow writing to the destination
	CodeFull         = "disk-full"                // the disk of the destination has no free space
	CodeLocked       = "destination-locked"       // another program locks the OCI layout for too long
	CodeNotSupported = "image-not-supported"      // the destination does not support this image
	CodeDiffers      = "destination-differs"      // the engine returned another image than the run loaded
)

func newError(code, hint string, err error, format string, args ...any) error {
	e := diag.New(code, diag.Runner, hint, err, format, args...)
	e.Input = "destination"
	return e
}

// writeError adds an explanation to an error of the file system. writeError
// returns any other error without a change, for example an error of the reader.
func writeError(err error, path string) error {
	var explained *diag.Error
	var system *fs.PathError
	switch {
	case errors.As(err, &explained):
		return err
	case isDiskFull(err):
		return newError(CodeFull, "Free disk space, or choose a destination on another disk. The next run does not download a blob again if the layout has the complete blob.", err,
			"the disk has no space left for %q", path)
	case errors.Is(err, fs.ErrPermission):
		return newError(CodeNotWritable, "Give the user of this step write permission for this path, or choose another destination.", err, "the system denies writing %q", path)
	case errors.As(err, &system):
		return newError(CodeNotWritable, "Choose another destination.", err, "%q cannot be written", path)
	}
	return err
}
