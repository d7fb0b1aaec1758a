package source

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of what can be wrong with a source. They are stable: README and
// workflows name them.
const (
	CodeNotFound      = "source-not-found"          // nothing by that name
	CodeNotLayout     = "source-not-a-layout"       // there, but no image
	CodeNotSupported  = "source-not-supported"      // an image of a kind that cannot be read
	CodeUnreadable    = "source-unreadable"         // damaged, or the system refuses
	CodeTruncated     = "source-truncated"          // cut off
	CodeUnsafePath    = "source-unsafe-path"        // leads out of the source, or a device
	CodeTooManyFiles  = "source-too-many-files"     // in an archive
	CodeBlobMissing   = "source-blob-missing"       // named, but not there
	CodeBlobWrong     = "source-blob-wrong"         // size or digest differ
	CodeManifestLarge = "source-manifest-too-large" // one document, or all of them
	CodeTooDeep       = "source-too-deep"           // indexes within indexes
	CodeAmbiguous     = "source-ambiguous"          // several images, none picked
	CodeNoMatch       = "source-no-match"           // none is the one picked
)

const hintRebuild = "Write the image again with the step that made it, and check that the step ran to its end."

func problem(code, hint string, err error, format string, args ...any) error {
	return &diag.Error{Code: code, Side: diag.Source, Hint: hint, Err: err, Title: fmt.Sprintf(format, args...)}
}

// explained passes on an error that a reader already understands and files
// any other under the code source-unreadable.
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
