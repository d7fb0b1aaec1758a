package archive

import (
	"errors"
	"fmt"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// The codes of the errors of this package. The codes begin with "source",
// because package source returns these errors unchanged.
const (
	CodeNotArchive   = "source-not-a-layout"   // the file is not an image archive
	CodeUnreadable   = "source-unreadable"     // the archive is damaged, or the system denies access to the archive
	CodeTruncated    = "source-truncated"      // the archive ends before its last part
	CodeUnsafePath   = "source-unsafe-path"    // the archive contains a device, or a path to a file outside the archive
	CodeTooManyFiles = "source-too-many-files" // the archive has too many files
)

const hintRewrite = "Write the archive again (docker save, skopeo copy). Check that the steps that write, upload or download the archive end without an error and have enough disk space."

func unreadable(path string, err error) error {
	return diag.New(CodeUnreadable, diag.Source, hintRewrite, err, "the archive %q cannot be read", path)
}

func notArchive(path string, err error) error {
	return diag.New(CodeNotArchive, diag.Source,
		"Use a tar (plain, gzip or zstd) from docker save, from a build with an OCI or docker output, or from skopeo.", err,
		"%q is not an image archive", path)
}

// tooLarge returns the error for an archive that decompresses to more bytes
// than the limit.
func tooLarge(path string) error {
	return diag.New(CodeUnreadable, diag.Source, "Check the command that wrote the archive, because no image is this large.", nil,
		"the archive %q is larger than %d GiB after decompression", path, int64(maxPlain)>>30)
}

func otherCompression(path string) error {
	return diag.New(CodeNotArchive, diag.Source,
		"Decompress the archive (bunzip2, unxz). An archive can be plain, or compressed with gzip or zstd.", nil,
		"%q is compressed with bzip2 or xz", path)
}

// Truncated returns the error for an archive that ends too early. The argument where
// states how the end was detected.
func Truncated(path, where string) error {
	return diag.New(CodeTruncated, diag.Source, hintRewrite, errors.New(where), "the archive %q is truncated", path)
}

// truncated returns the error for an archive that ends too early. The argument
// have is the size of the archive in bytes.
func (s *scan) truncated(have int64) error {
	if have < s.end {
		return Truncated(s.path, fmt.Sprintf("the file %q needs %d more bytes", s.last, s.end-have))
	}
	return Truncated(s.path, fmt.Sprintf("it ends in the middle of a block after %q", s.last))
}

func unsafe(archive, name, why string) error {
	return diag.New(CodeUnsafePath, diag.Source,
		"Write the archive with docker save, skopeo or the OCI output of a build, and do not use archives of unknown origin. No file outside the archive was read.", nil,
		"the archive %q is refused: %q %s", archive, name, why)
}

func tooManyFiles(path string) error {
	return diag.New(CodeTooManyFiles, diag.Source,
		"Write the archive with docker save or the OCI output of a build. An image archive has one file per layer and does not contain the files of an unpacked image.", nil,
		"the archive %q contains more than %d files, or one file too often", path, MaxFiles)
}
