package files

import (
	"errors"
	"io/fs"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/missing"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// These constants are the codes of the errors of this package. The value of a code must
// not change, because users compare codes in their workflows.
const (
	CodeNotFound   = "content-not-found"      // a file of the input "content" does not exist, or no file exists for a platform
	CodeUnreadable = "content-unreadable"     // the system denies access to a file of the input "content"
	CodeUnsafe     = "content-unsafe"         // a folder contains a device, or a link that points outside the folder
	CodeName       = "content-name"           // the name of a file is not allowed in a layer
	CodeDuplicate  = "content-twice"          // two files have the same path in the image
	CodeTooMany    = "content-too-many"       // the input "content" has more files than the limit of a layer
	CodeChanged    = "content-changed"        // the content of a file changed between two reads
	CodePlatform   = diag.CodePlatformMissing // the run cannot build the image for this platform from the files
	CodeBase       = "base-unusable"          // files cannot be added to the base image
)

// These constants are the codes of the notices of this package.
const (
	codeGitDir         = "content-git-left-out"    // a .git folder is not in the image
	codeArchitecture   = "content-architecture"    // all programs are for another architecture
	codeNotLinux       = "content-not-linux"       // files for other operating systems are not in the image
	codePlatformMissed = "content-platform-missed" // a path that looks like a platform matches no line of the input "content"
	codePlatformTwice  = "content-platform-twice"  // one line of the input "content" matches two paths for the same platform
)

// contentError returns an error about the input "content".
func contentError(code, hint string, err error, format string, args ...any) error {
	e := diag.New(code, diag.Source, hint, err, format, args...)
	e.Input = "content"
	return e
}

// baseError returns an error about the input "base".
func baseError(hint string, err error, format string, args ...any) error {
	e := diag.New(CodeBase, diag.Source, hint, err, format, args...)
	e.Input = "base"
	return e
}

// If err contains a *diag.Error, readError returns err unchanged. Otherwise
// readError wraps err in an error about the path.
func readError(err error, path string) error {
	var known *diag.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return contentError(CodeNotFound, missing.Hint(path)+" "+source.HintPath, nil, "the file or folder %q does not exist", path)
	case errors.Is(err, fs.ErrPermission):
		return contentError(CodeUnreadable, source.HintPermission, err, "%q cannot be read", path)
	}
	return contentError(CodeUnreadable, "Run the step that writes the files again, and check that the step ends without an error.", err, "%q cannot be read", path)
}

func changed(path string, err error) error {
	return contentError(CodeChanged, "Stop other processes that write the file during this step, and run the step again.", err, "%q changed while the run published it", path)
}
