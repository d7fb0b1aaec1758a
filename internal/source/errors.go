package source

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of the errors of this package. They are stable, because README and
// workflows name them.
const (
	CodeNotFound      = "source-not-found"          // no file or image has this name
	CodeNotLayout     = "source-not-a-layout"       // the path exists, but is not an image
	CodeNotSupported  = "source-not-supported"      // the program cannot read this kind of image
	CodeUnreadable    = "source-unreadable"         // damaged, or the system denies access
	CodeTruncated     = "source-truncated"          // the file ends too early
	CodeUnsafePath    = "source-unsafe-path"        // a path that leaves the source, or a device
	CodeTooManyFiles  = "source-too-many-files"     // an archive has too many files
	CodeBlobMissing   = "source-blob-missing"       // a manifest names a blob that the source does not contain
	CodeBlobWrong     = "source-blob-wrong"         // the size or the digest differs
	CodeManifestLarge = "source-manifest-too-large" // one document, or all documents together
	CodeTooDeep       = "source-too-deep"           // too many nested indexes
	CodeAmbiguous     = "source-ambiguous"          // several images, and no pick
	CodeNoMatch       = "source-no-match"           // no image matches the pick
)

const hintRebuild = "Write the image again with the step that made it, and check that the step ran to its end."

func problem(code, hint string, err error, format string, args ...any) error {
	return &diag.Error{Code: code, Side: diag.Source, Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

// explained returns err unchanged if it contains a *diag.Error. It wraps any
// other error in an error with the code source-unreadable.
func explained(err error, format string, args ...any) error {
	var known *diag.Error
	if errors.As(err, &known) {
		return err
	}
	hint := hintRebuild
	if errors.Is(err, fs.ErrPermission) {
		hint = "Let the user of this step read it (chmod, or run the step that wrote it as the same user)."
	}
	return problem(CodeUnreadable, hint, err, format, args...)
}
