package source

import (
	"errors"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/archive"
)

// These constants are the codes of the errors of this package. The value of a code must
// not change, because users compare codes in their workflows.
const (
	CodeNotFound      = diag.CodeSourceNotFound     // no file or image has this name
	CodeNotLayout     = archive.CodeNotArchive      // the path exists, but it is not the path of an image
	CodeNotSupported  = "source-not-supported"      // the program cannot read this kind of image
	CodeUnreadable    = archive.CodeUnreadable      // the source is damaged, or the system denies access
	CodeTruncated     = archive.CodeTruncated       // the file ends too early
	CodeUnsafePath    = archive.CodeUnsafePath      // the source contains a device, or a path that leads out of the source
	CodeTooManyFiles  = archive.CodeTooManyFiles    // an archive has too many files
	CodeBlobMissing   = "source-blob-missing"       // a manifest lists a blob that the source does not contain
	CodeBlobMismatch  = diag.CodeSourceBlobWrong    // the size or the digest of a blob differs
	CodeManifestLarge = "source-manifest-too-large" // a manifest, a config, or all manifests and configs together exceed the size limit
	CodeTooDeep       = "source-too-deep"           // an index contains too many levels of indexes
	CodeAmbiguous     = "source-ambiguous"          // the source contains several images, and the name does not select one image
	CodeNoMatch       = "source-no-match"           // no image in the source matches the name
)

// These constants are hints that several errors share.
const (
	// HintPath is the hint for a path that does not exist.
	HintPath = "Check the path. A relative path starts in the working directory of the step. Run the step that writes the file before this step."
	// HintPermission is the hint for a file that the user of the step cannot
	// read.
	HintPermission = "Give the user of this step read access (chmod), or run the step that wrote the file as the same user."

	hintRebuild = "Write the image again with the step that built it, and check that the step ends without an error."
)

// If the error err contains a *diag.Error, unreadable returns err unchanged. Otherwise,
// unreadable wraps err in an error with the code source-unreadable.
func unreadable(err error, format string, args ...any) error {
	var known *diag.Error
	if errors.As(err, &known) {
		return err
	}
	hint := hintRebuild
	if errors.Is(err, fs.ErrPermission) {
		hint = HintPermission
	}
	return diag.New(CodeUnreadable, diag.Source, hint, err, format, args...)
}
